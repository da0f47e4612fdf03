"""The messages of failed requests, as Locust's statistics have them, for reports: bounded, and without secrets.

They are never pushed: with a message that varies, each request would create a series.
"""

import re
from collections.abc import Iterable
from heapq import nlargest
from typing import Any

from locust_push.config.secrets import MASK
from locust_push.delivery.server_text import masked_line, shorten
from locust_push.results.model import ErrorText

MAX_TEXTS_SHOWN = 20
"""Most messages of a run, the most frequent ones."""

LONGEST_TEXT = 300
"""Bytes of one message."""

_QUERY_VALUE = re.compile(r"([?&][^=&\s'\"]{1,100}=)[^&\s'\"<>)]+")
"""A value in the query of a URL, which may be a token."""


def error_texts(errors: Iterable[Any]) -> tuple[ErrorText, ...]:
    """Return the most frequent of Locust's ``StatsError``, those with more failures first."""
    frequent = nlargest(MAX_TEXTS_SHOWN, errors, key=lambda error: int(error.occurrences))
    return tuple(ErrorText(str(each.method), str(each.name), _shown(each), int(each.occurrences)) for each in frequent)


def _shown(error: Any) -> str:
    # A worker's errors are texts, those of this process exceptions.
    text = error.error if isinstance(error.error, str) else repr(error.error)
    return shorten(masked_line(_QUERY_VALUE.sub(rf"\1{MASK}", text[: 4 * LONGEST_TEXT])), LONGEST_TEXT)
