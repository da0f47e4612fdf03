"""Converts the arguments of Locust's events, which may be any object, into labels, durations and lengths.

A locustfile can fire events with arbitrary arguments. Nothing here raises, or keeps a reference to what it was given.
"""

import hashlib
import math
from typing import Any

from locust_push.core.labels import not_ours

MAX_LABEL_CHARACTERS = 256
"""Longer texts are cut and end with a hash. Receivers commonly accept 2,048 bytes, and no dashboard shows more."""

UNPRINTABLE = "<unprintable>"
"""Replaces a method or name that cannot be converted to text."""

MAX_MILLISECONDS = 1e12
"""Longer times (30 years) are implausible, and would dominate the sum."""

MAX_RESPONSE_BYTES = 2**50
"""Lengths from here on (a pebibyte) are implausible, and would dominate the sum."""

_TEXT = str, bytes, bytearray


def label_text(value: Any) -> str:
    """Convert any value to a label value: text of bounded length that is valid UTF-8. Never raises."""
    try:
        # str() may return an instance of a subclass that overrides methods; str.__str__ converts it to a plain str.
        text = value if type(value) is str else str.__str__(str(value))
        if len(text) <= MAX_LABEL_CHARACTERS and text.isascii():
            return text
        return _bounded_text(text)
    except Exception:  # noqa: BLE001 - str() of a third-party object may raise anything
        return UNPRINTABLE


def utf8_text(value: Any) -> str:
    """Convert any value to text that can be encoded as UTF-8, whatever its length. Never raises.

    Every text that becomes a label or a help text passes through here or through :func:`label_text` when it is
    admitted, so that no encoder ever meets one that it cannot write. An option that is not UTF-8 reaches Python as
    lone surrogates (PEP 383), which become question marks.
    """
    try:
        text = value if type(value) is str else str.__str__(str(value))
        return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    except Exception:  # noqa: BLE001 - str() of a third-party object may raise anything
        return UNPRINTABLE


def _bounded_text(text: str) -> str:
    encoded = text.encode("utf-8", "replace")
    clean = encoded.decode("utf-8")
    if len(clean) > MAX_LABEL_CHARACTERS:
        digest = hashlib.blake2s(encoded, digest_size=4).hexdigest()
        clean = f"{clean[: MAX_LABEL_CHARACTERS - 9]}…{digest}"
    # The same object if nothing had to change: the caller compares identities.
    return text if clean == text else clean


def is_failure(exception: Any) -> bool:
    """Return whether Locust counts the event as failed, which is whether ``exception`` is true. Never raises."""
    try:
        return bool(exception)
    except Exception:  # noqa: BLE001 - an object whose truth value raises is not None, so the request failed
        return True


def is_time(response_time: float) -> bool:
    """Return whether a number of milliseconds is a response time: not NaN, infinite, negative or implausibly long."""
    return 0.0 <= response_time <= MAX_MILLISECONDS


def milliseconds(response_time: Any) -> float:
    """Convert a response time to a number, which :func:`is_time` still has to check; NaN for what is not a number."""
    try:
        return math.nan if isinstance(response_time, _TEXT) else float(response_time)
    except Exception:  # noqa: BLE001 - None, or an object of any kind
        return math.nan


def response_bytes(response_length: Any) -> int:
    """Convert a response length to bytes; 0 for what is not a length. Never raises."""
    try:
        size = 0 if isinstance(response_length, _TEXT) else int(response_length)
    except Exception:  # noqa: BLE001 - None, NaN, or an object of any kind
        return 0
    return size if 0 <= size < MAX_RESPONSE_BYTES else 0


def sort_response_times(times: list[float]) -> tuple[list[float], float]:
    """Return the valid response times in ascending order, and their sum."""
    ordered = sorted(times)
    total = sum(ordered)
    # NaN fails every comparison, and shows in the sum wherever it stands in the list.
    if ordered[0] >= 0.0 and ordered[-1] <= MAX_MILLISECONDS and total >= 0.0:
        return ordered, total
    valid = sorted(filter(is_time, times))
    return valid, sum(valid)


def error_kind(exception: Any) -> str:
    """Return the kind of an error: ``HTTP 503`` if a status is known, otherwise the exception's class. Never raises.

    The message is never part of it: with a message that varies, each request would create a series.
    """
    status = http_status(exception)
    if status is not None:
        return f"HTTP {status}"
    try:
        return not_ours(label_text(type(exception).__name__)) if isinstance(exception, BaseException) else "failure"
    except Exception:  # noqa: BLE001 - even its class may raise
        return "failure"


def http_status(exception: Any) -> int | None:
    """Return the HTTP status that made a request fail; None for other causes. Never raises.

    ``requests`` puts the response on its HTTPError, geventhttpclient (FastHttpUser) the status on its BadStatusCode. A
    failure that the locustfile declared itself keeps its own class, whatever the status was.
    """
    try:
        # Never by truth: a requests.Response of 4xx is false.
        response = getattr(exception, "response", None)
        status = getattr(exception, "code", None) if response is None else getattr(response, "status_code", None)
    except Exception:  # noqa: BLE001 - attributes of a third-party exception may raise
        return None
    return status if type(status) is int and 100 <= status <= 599 else None
