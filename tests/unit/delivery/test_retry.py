import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.retry import FIX_PAUSE, LONGEST_RETRY_AFTER, Backoff, Fault, fault_of

LATEST = 1 - 2**-53
failures = st.integers(1, 10_000)
fractions = st.floats(0, LATEST)


def test_doubles_up_to_the_cap() -> None:
    """The upper bound of the wait doubles from 100 ms and stays at 5 s."""
    backoff = Backoff(random=lambda: 1.0)
    assert [backoff.seconds(n) for n in (1, 2, 3, 6, 7, 100)] == [0.1, 0.2, 0.4, 3.2, 5.0, 5.0]


def test_jitter_is_full() -> None:
    """The wait is a random part of the bound, down to nothing."""
    assert Backoff(random=lambda: 0.0).seconds(5) == 0
    assert Backoff(random=lambda: 0.25).seconds(7) == 1.25


@given(failures, fractions, st.floats(0, LONGEST_RETRY_AFTER))
def test_never_sooner_than_asked(failed: int, fraction: float, after: float) -> None:
    """``Retry-After`` is a lower bound, and the jitter added to it is bounded."""
    assert after <= Backoff(random=lambda: fraction).seconds(failed, after) <= after + 5


@given(failures, fractions, st.floats(LONGEST_RETRY_AFTER, float("inf")))
def test_a_receiver_cannot_silence_a_run(failed: int, fraction: float, after: float) -> None:
    """A ``Retry-After`` beyond five minutes counts as five minutes."""
    assert LONGEST_RETRY_AFTER <= Backoff(random=lambda: fraction).seconds(failed, after) <= LONGEST_RETRY_AFTER + 5


@given(st.integers(1, 10_000))
def test_what_somebody_has_to_change_is_tried_seldom(failures: int) -> None:
    """401 and 404, which the specification does not retry, are retried a few times a minute, never immediately."""
    backoff = Backoff(lambda: 0.0)
    assert backoff.seconds(failures, needs_fix=True) == FIX_PAUSE
    assert backoff.seconds(failures, 60, needs_fix=True) == 60
    assert backoff.seconds(failures) == 0


@pytest.mark.parametrize(
    ("statuses", "fault"),
    [
        ((408, 425, 429, 500, 502, 503, 504, 507, 599), Fault.MOMENT),
        ((103, 301, 308, 401, 402, 403, 404, 405, 407, 410, 431), Fault.WAY),
        ((400, 409, 413, 415, 422), Fault.DATA),
    ],
)
def test_what_a_status_is_about(statuses: tuple[int, ...], fault: Fault) -> None:
    """Each status is temporary, a problem of the setup, or one of the data."""
    assert {fault_of(status) for status in statuses} == {fault}
