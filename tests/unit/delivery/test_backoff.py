from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.backoff import LONGEST_RETRY_AFTER, Backoff

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
    """``Retry-After`` is a lower bound, and the jitter on top of it is bounded too."""
    assert after <= Backoff(random=lambda: fraction).seconds(failed, after) <= after + 5


@given(failures, fractions, st.floats(LONGEST_RETRY_AFTER, float("inf")))
def test_a_receiver_cannot_silence_a_run(failed: int, fraction: float, after: float) -> None:
    """A ``Retry-After`` beyond five minutes counts as five minutes."""
    assert LONGEST_RETRY_AFTER <= Backoff(random=lambda: fraction).seconds(failed, after) <= LONGEST_RETRY_AFTER + 5
