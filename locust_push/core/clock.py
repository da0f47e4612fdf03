"""Types that other modules take as arguments: a clock, and a limit in time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Clock = Callable[[], float]
"""A clock in seconds, such as :func:`time.time` or :func:`time.monotonic`."""


class TimeLimit(Protocol):
    """Bounds what happens in a ``with`` block.

    The exception that interrupts the block must not be an ``OSError``: urllib3 would treat it as an address that does
    not answer, and try the next one. ``gevent.Timeout`` is not one. The ``with`` statement then raises
    ``TimeoutError``.
    """

    def __call__(self, seconds: float, /) -> AbstractContextManager[None]:
        """Return a context that ends with ``TimeoutError`` when the block takes longer than ``seconds``."""
        ...
