"""Exact binomial intervals."""

import pytest

from locust_push.results.binomial import binomial_interval, regularised_beta


@pytest.mark.parametrize(
    ("hits", "trials", "confidence", "lower", "upper"),
    [
        (3, 100, 0.95, 0.00623, 0.08518),
        (5, 10, 0.95, 0.18709, 0.81291),
        (0, 20, 0.99, 0.0, 1 - 0.005 ** (1 / 20)),
        (20, 20, 0.99, 0.005 ** (1 / 20), 1.0),
        (1, 1, 0.99, 0.005, 1.0),
    ],
)
def test_intervals_are_those_of_clopper_and_pearson(
    hits: int, trials: int, confidence: float, lower: float, upper: float
) -> None:
    """Intervals equal published tables and the closed forms at both ends."""
    assert binomial_interval(hits, trials, confidence) == pytest.approx((lower, upper), abs=1e-5)


@pytest.mark.parametrize(("hits", "trials"), [(1, 7), (13, 40), (399, 400), (20_000, 1_000_000)])
def test_a_bound_is_where_the_tail_has_its_share(hits: int, trials: int) -> None:
    """The bounds have the right tail probabilities, also for a million requests."""
    lower, upper = binomial_interval(hits, trials, 0.99)
    assert regularised_beta(lower, hits, trials - hits + 1) == pytest.approx(0.005, rel=1e-6)
    assert regularised_beta(upper, hits + 1, trials - hits) == pytest.approx(0.995, rel=1e-6)
    assert lower < hits / trials < upper
