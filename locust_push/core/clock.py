"""Types of what others are given: a clock, and what bounds them in time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Clock = Callable[[], float]
"""A clock in seconds, such as :func:`time.time` or :func:`time.monotonic`."""


class TimeLimit(Protocol):
    """Bounds what happens in a ``with`` block.

    Whatever interrupts the block must not be an ``OSError``: urllib3 takes one for an address that does not answer, and
    goes on to the next. ``gevent.Timeout`` is none. The ``with`` statement then raises ``TimeoutError``.
    """

    def __call__(self, seconds: float, /) -> AbstractContextManager[None]:
        """Return a context that ends with ``TimeoutError`` when the block takes longer than ``seconds``."""
        ...
