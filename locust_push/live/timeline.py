"""The times of ticks and their timestamps. Pure: both clocks are passed in."""

from locust_push.core.clock import Clock
from locust_push.delivery.answer import WRONG_CLOCK

BELIEVED_AT_ONCE = 60.0
"""Largest forward jump of the wall clock that is followed at once, seconds."""

PATIENCE = 30.0
"""Seconds for which a larger jump must last to be followed, as after a machine was suspended."""


class Timeline:
    """Evenly spaced timestamps, strictly increasing whatever the wall clock does, with one exception.

    Time is the wall clock's, except that it does not go back: when the wall clock is set back, time continues at the
    rate of the monotonic clock. A receiver refuses samples older than the last one of their series. So time must not
    jump far ahead either, since it cannot go back: a large jump of the wall clock is followed only when it lasts.

    The exception: a jump that was followed, was larger than receivers accept, and is undone. Nothing was stored
        meanwhile, and time returns to the wall clock.

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
        self._doubted_since: float | None = None
        self._before_jump = self._ahead
        now_ms = self.now_ms()
        self.last_ms = now_ms - now_ms % self._interval_ms

    def now_ms(self) -> int:
        """Milliseconds since the epoch; less than before only if a jump of the wall clock is undone."""
        monotonic = self._monotonic()
        self._follow(self._wall() - monotonic, monotonic)
        return int((monotonic + self._ahead) * 1000)

    def _follow(self, offset: float, monotonic: float) -> None:
        """Update the offset between wall clock and monotonic clock, as far as it can be trusted."""
        if offset - self._ahead > BELIEVED_AT_ONCE:
            self._follow_when_it_lasts(offset, monotonic)
            return
        self._doubted_since = None
        undone = offset - self._before_jump <= BELIEVED_AT_ONCE
        if undone and self._ahead - self._before_jump > WRONG_CLOCK:
            self._ahead = self._before_jump
            self.last_ms = int((monotonic + max(self._ahead, offset)) * 1000) - self._interval_ms
        self._ahead = max(self._ahead, offset)

    def _follow_when_it_lasts(self, offset: float, monotonic: float) -> None:
        if self._doubted_since is None:
            self._doubted_since = monotonic
        if monotonic - self._doubted_since >= PATIENCE:
            self._before_jump, self._ahead = self._ahead, offset
            self._doubted_since = None

    def seconds_to_next(self) -> float:
        """How long until the next tick is due; 0 when it is already."""
        now_ms = self.now_ms()
        due_ms = self.last_ms - self.last_ms % self._interval_ms + self._interval_ms
        return max(0.0, (due_ms - now_ms) / 1000)

    def tick(self) -> tuple[int, int]:
        """Return the latest multiple of the interval, and the timestamp one interval before.

        Ticks that were missed, since something blocked the process, are left out: their data is in the cumulative
            values of this one.
        """
        now_ms = self.now_ms()
        return self._take(now_ms - now_ms % self._interval_ms)

    def final(self) -> tuple[int, int]:
        """Return the current time, for the last snapshot of a run."""
        return self._take(self.now_ms())

    def _take(self, timestamp_ms: int) -> tuple[int, int]:
        timestamp_ms = max(timestamp_ms, self.last_ms + 1)
        # One interval earlier, but never at or after this tick, and on the tick before where that is later.
        previous_ms = max(self.last_ms, timestamp_ms - self._interval_ms)
        self.last_ms = timestamp_ms
        return timestamp_ms, previous_ms
