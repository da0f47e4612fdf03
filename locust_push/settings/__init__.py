"""Frozen, validated settings. No parsing of options (that is :mod:`locust_push.options`), no I/O but secret files.

``errors`` the one error, ``secret`` values that mask themselves, ``values`` text to values, ``targets`` what a push URL
means, ``model`` the settings and the checks that need more than one of them.
"""

from locust_push.settings.errors import ConfigurationError
from locust_push.settings.model import Endpoint, Settings, Tls
from locust_push.settings.secret import SecretFile, SecretSource, SecretText
from locust_push.settings.targets import Protocol, Target
from locust_push.settings.values import PushFrom

__all__ = [
    "ConfigurationError",
    "Endpoint",
    "Protocol",
    "PushFrom",
    "SecretFile",
    "SecretSource",
    "SecretText",
    "Settings",
    "Target",
    "Tls",
]
