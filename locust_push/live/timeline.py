"""When ticks are due and which timestamps they carry. Pure: both clocks are passed in."""

from locust_push.core.clock import Clock

BELIEVED_AT_ONCE = 60.0
"""Seconds by which the wall clock may jump ahead and is followed at once."""

PATIENCE = 30.0
"""Seconds for which it must stay where it is to be followed farther, as after a machine was suspended."""

REFUSED_AHEAD = 600.0
"""Seconds by which a Prometheus lets samples be ahead of its own clock; what is farther ahead it never stores."""


class Timeline:
    """Evenly spaced timestamps, strictly increasing whatever the wall clock does, with one exception.

    Time is the wall clock's, except that it does not go back: when the wall clock is set back, time goes on at the pace
    of the monotonic clock. A receiver refuses samples older than the last one of their series. So time must not run
    ahead either, from where it cannot come back: a far jump of the wall clock is followed only when it lasts.

    The exception: a jump that was followed, was farther than receivers take, and is undone. Nothing was stored then,
    and time goes back to where the wall clock is.

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
        """Milliseconds since the epoch; less than before only where a jump of the wall clock is undone."""
        monotonic = self._monotonic()
        self._follow(self._wall() - monotonic, monotonic)
        return int((monotonic + self._ahead) * 1000)

    def _follow(self, offset: float, monotonic: float) -> None:
        """Take the wall clock's distance from the monotonic clock, as far as it is to be believed."""
        if offset - self._ahead > BELIEVED_AT_ONCE:
            self._follow_when_it_lasts(offset, monotonic)
            return
        self._doubted_since = None
        undone = offset - self._before_jump <= BELIEVED_AT_ONCE
        if undone and self._ahead - self._before_jump > REFUSED_AHEAD:
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
