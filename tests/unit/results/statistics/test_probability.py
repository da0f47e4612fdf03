"""Probabilities and limits, against published tables."""

import math

import pytest

from locust_push.results.statistics.probability import limit_of, more_hits_by_chance, t_share_above


@pytest.mark.parametrize(
    ("tail", "freedom", "limit"),
    [(0.05, 1, 6.3138), (0.01, 4, 3.7469), (0.005, 7, 3.4995), (0.0005, 8, 5.0413), (0.0025, 1e7, 2.8070)],
)
def test_limits_of_students_t_are_those_of_its_tables(tail: float, freedom: float, limit: float) -> None:
    """The quantiles are right from one degree of freedom up to the normal distribution."""
    assert limit_of(lambda t: t_share_above(t, freedom), tail) == pytest.approx(limit, abs=1e-4)
    assert t_share_above(-limit, freedom) == pytest.approx(1 - tail, abs=1e-5)


@pytest.mark.parametrize(
    ("hits", "trials", "before", "trials_before"), [(8, 10, 2, 10), (5, 6, 10, 30), (3, 200, 1, 800)]
)
def test_more_hits_by_chance_is_the_hypergeometric_tail(
    hits: int, trials: int, before: int, trials_before: int
) -> None:
    """As counting every table with the same margins gives it."""
    total = hits + before
    ways = sum(math.comb(trials, n) * math.comb(trials_before, total - n) for n in range(hits, total + 1))
    expected = ways / math.comb(trials + trials_before, total)
    assert more_hits_by_chance(hits, trials, before, trials_before) == pytest.approx(expected)


def test_as_many_hits_as_expected_are_chance() -> None:
    """And so are fewer; the largest numbers cost no time."""
    assert more_hits_by_chance(10, 1000, 50, 5000) == 1.0
    assert more_hits_by_chance(0, 1000, 50, 5000) == 1.0
    assert more_hits_by_chance(600_000, 1_000_000, 2_000_000, 5_000_000) < 1e-9
