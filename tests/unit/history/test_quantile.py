"""Quantiles of classic histograms."""

import math

import pytest

from locust_push.history.quantile import bucket_quantile

BUCKETS = [(0.1, 50.0), (0.5, 90.0), (1.0, 100.0), (math.inf, 100.0)]


@pytest.mark.parametrize(("q", "expected"), [(0.25, 0.05), (0.5, 0.1), (0.7, 0.3), (0.95, 0.75), (1.0, 1.0)])
def test_durations_are_spread_evenly_over_their_bucket(q: float, expected: float) -> None:
    """The values are those that PromQL's histogram_quantile gives for these buckets."""
    assert bucket_quantile(q, BUCKETS) == pytest.approx(expected)


def test_beyond_the_last_finite_bound_is_that_bound() -> None:
    """Nothing tells how much longer such a duration was."""
    assert bucket_quantile(0.9, [(0.1, 5.0), (math.inf, 10.0)]) == 0.1


def test_empty_buckets_are_passed_over() -> None:
    """A quantile lies in a bucket that holds something."""
    assert bucket_quantile(0.0, [(0.1, 0.0), (0.5, 0.0), (1.0, 4.0), (math.inf, 4.0)]) == 0.5


@pytest.mark.parametrize("buckets", [[], [(0.1, 0.0), (math.inf, 0.0)]])
def test_nothing_counted_has_no_quantile(buckets: list[tuple[float, float]]) -> None:
    """NaN, rather than a number that looks measured."""
    assert math.isnan(bucket_quantile(0.5, buckets))
