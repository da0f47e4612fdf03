"""Time that passes only when it is told to, for code that is given its clock and its waits."""

import heapq
from collections.abc import Callable


class ManualClock:
    """Seconds that pass only when told to, and what happens at some of them.

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
        """Let something happen at a time to come."""
        heapq.heappush(self._events, (time, len(self._events), action))

    def advance(self, until: float) -> None:
        """Go on to the next event, or to ``until`` if that comes first.

        Raises:
            AssertionError: ``until`` is infinite and there is no event: the wait would never end.
        """
        if self._events and self._events[0][0] <= until:
            self.now, _, action = heapq.heappop(self._events)
            action()
            return
        if until == float("inf"):
            raise AssertionError("waits for something that never happens")
        self.now = until


class ManualWake:
    """An event object, such as ``threading.Event``, whose waits turn a clock instead of waiting.

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
        """Turn the clock until set, or so far."""
        if not self._set:
            self.waits.append(timeout)
            self._clock.advance(float("inf") if timeout is None else self._clock.now + timeout)
        return self._set
