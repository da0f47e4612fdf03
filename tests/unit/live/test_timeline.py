"""Timestamps: multiples of the interval, strictly increasing for any clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.live.timeline import Timeline

START = 1_000_000_002.5
"""Unix seconds, half-way through an interval of 5 s."""


class Clocks:
    """A manual wall clock and monotonic clock."""

    def __init__(self, wall: float = START) -> None:
        self.wall = wall
        self.monotonic = 77.0

    def pass_by(self, seconds: float) -> None:
        """Advance both."""
        self.wall += seconds
        self.monotonic += seconds

    def timeline(self, interval: float = 5.0) -> Timeline:
        """Return a timeline with these clocks."""
        return Timeline(interval, wall=lambda: self.wall, monotonic=lambda: self.monotonic)


@pytest.fixture
def clocks() -> Clocks:
    """Return clocks at :data:`START`."""
    return Clocks()


def test_the_first_tick_lies_on_the_next_multiple_of_the_interval(clocks: Clocks) -> None:
    """A run that starts within an interval ticks at its end, not one interval later."""
    timeline = clocks.timeline()
    assert timeline.seconds_to_next() == pytest.approx(2.5)
    clocks.pass_by(2.5)
    assert timeline.tick() == (1_000_000_005_000, 1_000_000_000_000)


def test_a_late_tick_carries_the_time_at_which_it_was_due(clocks: Clocks) -> None:
    """A delayed tick keeps its timestamp, and later ticks are not shifted."""
    timeline = clocks.timeline()
    clocks.pass_by(3.1)
    assert timeline.tick()[0] == 1_000_000_005_000
    assert timeline.seconds_to_next() == pytest.approx(4.4)


def test_missed_ticks_are_left_out(clocks: Clocks) -> None:
    """After a pause of several intervals there is one tick, for the latest of them, and the next one is on time."""
    timeline = clocks.timeline()
    clocks.pass_by(2.5)
    timeline.tick()
    clocks.pass_by(21)
    assert timeline.seconds_to_next() == 0
    assert timeline.tick() == (1_000_000_025_000, 1_000_000_020_000)
    assert timeline.seconds_to_next() == pytest.approx(4)


def test_a_clock_that_is_set_back_holds_up_nothing(clocks: Clocks) -> None:
    """When the wall clock goes back 60 s, ticks continue at the rate of the monotonic clock."""
    timeline = clocks.timeline()
    clocks.pass_by(2.5)
    before = timeline.tick()[0]
    clocks.wall -= 60
    assert timeline.seconds_to_next() == pytest.approx(5)
    clocks.pass_by(5)
    assert timeline.tick()[0] == before + 5000


def test_a_clock_that_is_set_forward_is_followed(clocks: Clocks) -> None:
    """When the wall clock jumps 60 s ahead, timestamps follow, as those of other processes do."""
    timeline = clocks.timeline()
    clocks.wall += 60
    assert timeline.tick()[0] == 1_000_000_060_000


def test_the_final_timestamp_is_the_moment_itself(clocks: Clocks) -> None:
    """The last snapshot of a run does not wait for a multiple of the interval."""
    timeline = clocks.timeline()
    clocks.pass_by(1)
    assert timeline.final() == (1_000_000_003_500, 1_000_000_000_000)


def test_a_final_timestamp_right_after_a_tick_comes_after_it(clocks: Clocks) -> None:
    """A run that ends in the millisecond of a tick has its last snapshot one millisecond later."""
    timeline = clocks.timeline()
    clocks.pass_by(2.5)
    tick, _ = timeline.tick()
    assert timeline.final() == (tick + 1, tick)


STEPS = st.tuples(
    st.floats(0, 30),  # seconds that pass
    st.one_of(st.just(0.0), st.floats(-120, 120)),  # seconds that the wall clock is set
    st.booleans(),  # a tick, or the final snapshot
)


@given(st.lists(STEPS, max_size=20), st.sampled_from([0.01, 0.5, 5.0, 60.0]))
def test_timestamps_strictly_increase_whatever_the_clock_does(
    steps: list[tuple[float, float, bool]], interval: float
) -> None:
    """Each timestamp is later than the previous one, and the given predecessor is between them."""
    clocks = Clocks()
    timeline = clocks.timeline(interval)
    last = timeline.last_ms
    for seconds, jump, ticks in steps:
        clocks.pass_by(seconds)
        clocks.wall += jump
        timestamp, previous = timeline.tick() if ticks else timeline.final()
        assert last <= previous < timestamp
        last = timestamp


def ticked(timeline: Timeline, clocks: Clocks, seconds: float) -> int:
    """Advance until a tick is due, at least some seconds; return its timestamp."""
    clocks.pass_by(seconds)
    clocks.pass_by(timeline.seconds_to_next())
    return timeline.tick()[0]


def test_a_short_jump_ahead_is_not_followed(clocks: Clocks) -> None:
    """A wall clock that is an hour ahead for two seconds does not affect the timestamps."""
    timeline = clocks.timeline()
    clocks.wall += 3600
    clocks.pass_by(2)
    timeline.now_ms()
    clocks.wall -= 3600
    assert ticked(timeline, clocks, 0) == 1_000_000_005_000


def test_a_jump_ahead_that_lasts_is_followed(clocks: Clocks) -> None:
    """A machine that was suspended for an hour has the right time half a minute after it resumed."""
    timeline = clocks.timeline()
    clocks.wall += 3600
    before = ticked(timeline, clocks, 0)
    for _ in range(6):
        ticked(timeline, clocks, 5)
    assert before == 1_000_000_005_000
    assert timeline.now_ms() == int(clocks.wall * 1000)


def test_a_small_jump_ahead_is_followed_at_once(clocks: Clocks) -> None:
    """A clock that is corrected by some seconds is followed immediately."""
    timeline = clocks.timeline()
    clocks.wall += 30
    assert timeline.now_ms() == int(clocks.wall * 1000)


def test_a_far_jump_that_was_followed_can_be_undone(clocks: Clocks) -> None:
    """If the time was too far ahead for receivers, timestamps return to the corrected clock."""
    timeline = clocks.timeline()
    clocks.wall += 3600
    for _ in range(10):
        ticked(timeline, clocks, 5)
    assert timeline.last_ms > 1_000_003_600_000
    clocks.wall -= 3600
    first, second = ticked(timeline, clocks, 5), ticked(timeline, clocks, 5)
    assert first < second < 1_000_000_100_000


def test_a_jump_that_receivers_take_is_not_undone(clocks: Clocks) -> None:
    """If the time is five minutes ahead it stays there: later samples must not be older than stored ones."""
    timeline = clocks.timeline()
    clocks.wall += 300
    for _ in range(10):
        ticked(timeline, clocks, 5)
    before = timeline.last_ms
    clocks.wall -= 300
    assert ticked(timeline, clocks, 5) > before
