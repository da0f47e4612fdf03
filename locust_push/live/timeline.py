"""When ticks are due and which timestamps they carry. Pure: both clocks are passed in."""

from locust_push.core.clock import Clock


class Timeline:
    """Evenly spaced timestamps, strictly increasing whatever the wall clock does.

    Time is the wall clock's, except that it never goes back: when the wall clock is set back, time goes on at the pace
    of the monotonic clock. A receiver refuses samples older than the last one of their series.

    Attributes:
        last_ms: Timestamp of the last tick, milliseconds since the epoch; before the first one a multiple of the
            interval that is not later than the start.
    """

    def __init__(self, interval: float, *, wall: Clock, monotonic: Clock) -> None:
        """Ticks lie on multiples of ``interval`` seconds."""
        self._interval_ms = max(1, round(interval * 1000))
        self._wall = wall
        self._monotonic = monotonic
        self._ahead = wall() - monotonic()
        now_ms = self.now_ms()
        self.last_ms = now_ms - now_ms % self._interval_ms

    def now_ms(self) -> int:
        """Milliseconds since the epoch, never less than before."""
        monotonic = self._monotonic()
        self._ahead = max(self._ahead, self._wall() - monotonic)
        return int((monotonic + self._ahead) * 1000)

    def seconds_to_next(self) -> float:
        """How long until the next tick is due; 0 when it is already."""
        due_ms = self.last_ms - self.last_ms % self._interval_ms + self._interval_ms
        return max(0.0, (due_ms - self.now_ms()) / 1000)

    def tick(self) -> tuple[int, int]:
        """Take the multiple of the interval that was passed last; return it and the timestamp one interval before.

        Ticks that were missed, since something held up the process, are left out: what they would have told is in the
        cumulative values of this one.
        """
        now_ms = self.now_ms()
        return self._take(now_ms - now_ms % self._interval_ms)

    def final(self) -> tuple[int, int]:
        """Take this very moment, for the last snapshot of a run."""
        return self._take(self.now_ms())

    def _take(self, timestamp_ms: int) -> tuple[int, int]:
        timestamp_ms = max(timestamp_ms, self.last_ms + 1)
        # One interval earlier, but never at or after this tick, and on the tick before where that is later.
        previous_ms = max(self.last_ms, timestamp_ms - self._interval_ms)
        self.last_ms = timestamp_ms
        return timestamp_ms, previous_ms
