"""What strangers put into an event, made into what may be counted: any object becomes a label, a duration, a length.

Locust's events carry whatever the locustfile fired them with. Nothing here raises, and nothing keeps what it was given.
"""

import hashlib
import math
from typing import Any

from locust_push.core.labels import not_ours

MAX_LABEL_CHARACTERS = 256
"""Longer texts are cut and closed with a hash; receivers commonly allow 2,048 bytes, and no dashboard shows more."""

UNPRINTABLE = "<unprintable>"
"""Stands for a method or name that no text can be made of."""

MAX_MILLISECONDS = 1e12
"""Times beyond (30 years) are nonsense and would swallow every other one in the sum."""

MAX_RESPONSE_BYTES = 2**50
"""Lengths from here on (a pebibyte) are nonsense, and would swallow every other one in the sum."""

_TEXT = str, bytes, bytearray


def label_text(value: Any) -> str:
    """Any value as a label value: plain text of bounded length that is valid UTF-8. Never raises."""
    try:
        # str() may give back an instance of a subclass, with methods of its own; str.__str__ makes a plain text of it.
        text = value if type(value) is str else str.__str__(str(value))
        if len(text) <= MAX_LABEL_CHARACTERS and text.isascii():
            return text
        return _bounded_text(text)
    except Exception:  # noqa: BLE001 - str() of a stranger's object may raise anything
        return UNPRINTABLE


def _bounded_text(text: str) -> str:
    encoded = text.encode("utf-8", "replace")
    clean = encoded.decode("utf-8")
    if len(clean) > MAX_LABEL_CHARACTERS:
        digest = hashlib.blake2s(encoded, digest_size=4).hexdigest()
        clean = f"{clean[: MAX_LABEL_CHARACTERS - 9]}…{digest}"
    # The same object where nothing had to change, so that the caller can tell.
    return text if clean == text else clean


def is_failure(exception: Any) -> bool:
    """Whether Locust itself counts the event as failed: whether ``exception`` is true. Never raises."""
    try:
        return bool(exception)
    except Exception:  # noqa: BLE001 - an object whose truth cannot be told is there, so something went wrong
        return True


def is_time(response_time: float) -> bool:
    """Whether a number of milliseconds can be a response time: not NaN, infinite, negative or absurd."""
    return 0.0 <= response_time <= MAX_MILLISECONDS


def milliseconds(response_time: Any) -> float:
    """A response time as a number, which may still be none (see :func:`is_time`); NaN for what is no number."""
    try:
        return math.nan if isinstance(response_time, _TEXT) else float(response_time)
    except Exception:  # noqa: BLE001 - None, or an object of any kind
        return math.nan


def response_bytes(response_length: Any) -> int:
    """A response length in bytes; 0 for what is not one. Never raises."""
    try:
        size = 0 if isinstance(response_length, _TEXT) else int(response_length)
    except Exception:  # noqa: BLE001 - None, NaN, or an object of any kind
        return 0
    return size if 0 <= size < MAX_RESPONSE_BYTES else 0


def sort_response_times(times: list[float]) -> tuple[list[float], float]:
    """Response times in ascending order, with their sum; whatever is not one is left out."""
    ordered = sorted(times)
    total = sum(ordered)
    # NaN fails every comparison, and shows in the sum wherever it stands in the list.
    if ordered[0] >= 0.0 and ordered[-1] <= MAX_MILLISECONDS and total >= 0.0:
        return ordered, total
    valid = sorted(filter(is_time, times))
    return valid, sum(valid)


def error_kind(exception: Any) -> str:
    """A bounded kind for an error: ``HTTP 503`` where a status is known, else the class. Never raises.

    A free message is never part of it: it would make a series of its own for every request.
    """
    status = http_status(exception)
    if status is not None:
        return f"HTTP {status}"
    try:
        return not_ours(label_text(type(exception).__name__)) if isinstance(exception, BaseException) else "failure"
    except Exception:  # noqa: BLE001 - not even its class may be told
        return "failure"


def http_status(exception: Any) -> int | None:
    """The HTTP status that made a request fail, or None where something else did. Never raises.

    ``requests`` puts the response on its HTTPError, geventhttpclient (FastHttpUser) the status on its BadStatusCode. A
    failure that the locustfile declared itself keeps its own class, whatever the status was.
    """
    try:
        # Never by truth: a requests.Response of 4xx is false.
        response = getattr(exception, "response", None)
        status = getattr(exception, "code", None) if response is None else getattr(response, "status_code", None)
    except Exception:  # noqa: BLE001 - attributes of a stranger's exception may raise
        return None
    return status if type(status) is int and 100 <= status <= 599 else None
