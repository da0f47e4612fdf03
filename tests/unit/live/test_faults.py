"""Internal errors do not fail the load test."""

import pytest

from locust_push.live.faults import Faults


def test_a_fault_is_contained_logged_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """The function returns None, the log has one traceback per part, and every error is counted."""
    faults = Faults()

    def listener(number: int) -> int:
        return 1 // number

    guarded = faults.guarded(listener)
    assert [guarded(1), guarded(0), guarded(0)] == [1, None, None]
    with faults.contained("another part"):
        raise ValueError
    assert faults.count == 3
    assert ["listener" in record.getMessage() for record in caplog.records] == [True, False]
    assert all(record.exc_info for record in caplog.records)


def test_what_is_to_end_the_process_does() -> None:
    """Ctrl-C and sys.exit pass through."""
    faults = Faults()
    with pytest.raises(KeyboardInterrupt), faults.contained("a part"):
        raise KeyboardInterrupt
    assert faults.count == 0
