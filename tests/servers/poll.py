"""Waiting without blind sleeps: check repeatedly until a condition holds, or until the deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], *, within: float = 30.0, every: float = 0.02) -> T:
    """Return the first truthy result of `condition`.

    Raises:
        TimeoutError: there was none within `within` seconds; the message has the last answer.
    """
    deadline = time.monotonic() + within
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            message = f"not so within {within:g} s; the last answer was {answer!r}"
            raise TimeoutError(message)
        time.sleep(every)
