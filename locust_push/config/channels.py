"""URLs of notification channels, in Apprise's syntax: checking and masking them. Pure.

Nearly all of such a URL is secret: ``slack://`` is followed by three tokens, ``mailto://`` by a password. Only the
scheme is ever shown.
"""

import hashlib
import os
import re

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import MASK

_FORM = r"([A-Za-z][A-Za-z0-9+.-]*)://.+"

# Random per process (forked ones share it), so that the URL cannot be found by trying candidates.
_KEY = os.urandom(16)


def channel_url(option: str, text: str) -> str:
    """Return the URL of a channel; Apprise checks later whether it knows the scheme.

    Raises:
        ConfigurationError: It has no scheme, or contains a blank or control character.
    """
    if not re.fullmatch(_FORM, text):
        raise ConfigurationError(option, MASK, "is not a channel URL", "write it like slack://… or mailto://…")
    if " " in text or not text.isprintable():
        raise ConfigurationError(option, f"{scheme(text)}://{MASK}", "contains a blank", "percent-encode it")
    return text


def scheme(url: str) -> str:
    """Return the scheme of a channel's URL, such as ``slack``."""
    return url.partition("://")[0].lower()


def masked_channel(url: str) -> str:
    """Return ``slack://1f0c9a***``: the scheme, and digits that distinguish the channels of a process."""
    digits = hashlib.blake2s(url.encode(), key=_KEY, digest_size=3).hexdigest()
    return f"{scheme(url)}://{digits}{MASK}"
