"""A clock that only the test advances, for code that takes its clock and its waits as arguments."""

import heapq
from collections.abc import Callable


class ManualClock:
    """A clock that only :meth:`advance` moves, and events that are due at certain times.

    Attributes:
        now: The time, seconds.
    """

    def __init__(self, now: float = 0.0) -> None:
        """Start at ``now``."""
        self.now = now
        self._events: list[tuple[float, int, Callable[[], object]]] = []

    def __call__(self) -> float:
        """The time now, as ``time.monotonic`` and ``time.time`` give it."""
        return self.now

    def at(self, time: float, action: Callable[[], object]) -> None:
        """Schedule a call at a future time."""
        heapq.heappush(self._events, (time, len(self._events), action))

    def advance(self, until: float) -> None:
        """Move to the next event, or to ``until`` if that comes first.

        Raises:
            AssertionError: ``until`` is infinite and there is no event: the wait would never end.
        """
        if self._events and self._events[0][0] <= until:
            self.now, _, action = heapq.heappop(self._events)
            action()
            return
        if until == float("inf"):
            raise AssertionError("waits without a timeout, and no event is scheduled")
        self.now = until


class ManualWake:
    """An event object, such as ``threading.Event``, whose waits advance a clock instead of blocking.

    Attributes:
        waits: The timeouts of all waits so far, seconds; None for one without.
    """

    def __init__(self, clock: ManualClock) -> None:
        """Turn ``clock``."""
        self.waits: list[float | None] = []
        self._clock = clock
        self._set = False

    def set(self) -> None:
        """End waits."""
        self._set = True

    def clear(self) -> None:
        """Let later waits wait."""
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Advance the clock until the event is set, or by the timeout."""
        if not self._set:
            self.waits.append(timeout)
            self._clock.advance(float("inf") if timeout is None else self._clock.now + timeout)
        return self._set
