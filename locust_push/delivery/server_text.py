"""Cleans error texts of servers and libraries for logs and labels: one line, bounded, without secrets. Pure."""

import html
import json
import re
from collections.abc import Collection, Iterator
from urllib.parse import quote

from locust_push.config.secrets import MASK

MAX_ERROR_TEXT = 1024
"""Bytes of UTF-8. Prometheus' own sender cuts error texts to the same size."""

_USER_INFO = r"://[^\s/]*@"


def masked_line(text: str, secrets: Collection[str] = (), *, cut_off: bool = False) -> str:
    """Return one printable line of at most :data:`MAX_ERROR_TEXT`, without the secrets and without user info in URLs.

    Args:
        text: Error text of a server or a library.
        secrets: Texts to remove, in plain and in common escaped forms.
        cut_off: Whether ``text`` was read only in part, so that it may end with a part of a secret.
    """
    written = sorted({form for secret in secrets if secret for form in _written(secret)}, key=len, reverse=True)
    for secret in written:
        text = text.replace(secret, MASK)
    if cut_off and written:
        text = text[: 1 - len(written[0])] if len(written[0]) > 1 else text
    return shorten(_one_line(re.sub(_USER_INFO, f"://{MASK}@", text)))


def shorten(text: str, limit: int = MAX_ERROR_TEXT) -> str:
    """Return at most ``limit`` bytes of UTF-8, cut between two characters."""
    return text.encode(errors="replace")[:limit].decode(errors="ignore")


def _one_line(text: str) -> str:
    # Control characters would let a server forge log lines or steer a terminal.
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _written(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]
