"""URLs of notification channels, as Apprise writes them: their form, and what of them may be seen. Pure.

Nearly all of such a URL is secret: ``slack://`` is followed by three tokens, ``mailto://`` by a password. So all that
is ever shown is the scheme.
"""

import hashlib
import os
import re

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import MASK

_FORM = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://.+")

# Of this process and those forked from it: outside of them nobody can find out the URL by trying.
_KEY = os.urandom(16)


def channel_url(option: str, text: str) -> str:
    """Return the URL of a channel; whether there is such a channel is Apprise's to say.

    Raises:
        ConfigurationError: It has no scheme, or holds a blank or control character.
    """
    if not _FORM.fullmatch(text):
        raise ConfigurationError(option, MASK, "is not the URL of a channel", "write it like slack://… or mailto://…")
    if " " in text or not text.isprintable():
        raise ConfigurationError(option, f"{scheme(text)}://{MASK}", "holds a blank", "percent-encode it")
    return text


def scheme(url: str) -> str:
    """Return what kind of channel a URL names: ``slack``."""
    return url.partition("://")[0].lower()


def masked_channel(url: str) -> str:
    """Return ``slack://1f0c9a***``: the scheme, and digits by which two channels of a process can be told apart."""
    digits = hashlib.blake2s(url.encode(), key=_KEY, digest_size=3).hexdigest()
    return f"{scheme(url)}://{digits}{MASK}"
