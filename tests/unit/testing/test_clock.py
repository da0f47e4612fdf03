import pytest

from locust_push.testing import ManualClock, ManualWake


def test_a_wait_turns_the_clock() -> None:
    """A wait takes the whole timeout at once, and is recorded."""
    clock = ManualClock(5.0)
    wake = ManualWake(clock)
    assert not wake.wait(2.5)
    assert clock() == 7.5
    assert wake.waits == [2.5]


def test_what_happens_meanwhile_ends_a_wait() -> None:
    """Events occur in order of time, at their time."""
    clock = ManualClock()
    wake = ManualWake(clock)
    clock.at(9.0, lambda: None)
    clock.at(3.0, wake.set)
    assert wake.wait()
    assert clock.now == 3.0
    assert wake.wait(100.0)
    assert clock.now == 3.0
    wake.clear()
    assert not wake.wait(100.0)
    assert clock.now == 9.0


def test_a_wait_for_nothing_is_an_error() -> None:
    """A wait that nothing can end fails instead of hanging."""
    with pytest.raises(AssertionError, match="no event is scheduled"):
        ManualWake(ManualClock()).wait()
