"""What a clock is to everything that is given one."""

from collections.abc import Callable

Clock = Callable[[], float]
"""A clock in seconds, such as :func:`time.time` or :func:`time.monotonic`."""
