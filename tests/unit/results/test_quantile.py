"""Quantiles of histograms."""

import math
import random

import pytest

from locust_push.core.histogram import RELATIVE_ERROR, DurationHistogram, upper_bound
from locust_push.results.model import Bucket
from locust_push.results.quantile import classic_quantile, native_error, native_quantile

BUCKETS = [Bucket(0.0, 0.1, 50), Bucket(0.1, 0.5, 40), Bucket(0.5, 1.0, 10), Bucket(1.0, math.inf, 0)]


@pytest.mark.parametrize(("q", "expected"), [(0.25, 0.05), (0.5, 0.1), (0.7, 0.3), (0.95, 0.75), (1.0, 1.0)])
def test_durations_are_spread_evenly_over_their_bucket(q: float, expected: float) -> None:
    """The values equal those of PromQL's histogram_quantile for these buckets."""
    assert classic_quantile(q, BUCKETS) == pytest.approx(expected)


def test_beyond_the_last_finite_bound_is_that_bound() -> None:
    """The length of a duration beyond the last bound is unknown."""
    assert classic_quantile(0.9, [Bucket(0.0, 0.1, 5), Bucket(0.1, math.inf, 5)]) == 0.1


def test_empty_buckets_are_passed_over() -> None:
    """A quantile is never in an empty bucket."""
    assert classic_quantile(0.0, [Bucket(0.0, 0.5, 0), Bucket(0.5, 1.0, 4)]) == 0.5


@pytest.mark.parametrize("buckets", [[], [Bucket(0.0, 0.1, 0)]])
def test_nothing_counted_has_no_quantile(buckets: list[Bucket]) -> None:
    """Without durations it is NaN."""
    assert math.isnan(classic_quantile(0.5, buckets))


@pytest.mark.parametrize("q", [0.0, 0.5, 0.9, 0.99, 0.999, 1.0])
def test_quantiles_of_exponential_buckets_keep_their_error(q: float) -> None:
    """Each is within the stated error of the order statistic, and that error is the one of the schema."""
    values = sorted(random.Random(7).lognormvariate(-3, 1) for _ in range(5000))  # noqa: S311  # no secret
    histogram = DurationHistogram(())
    histogram.add([1000.0 * seconds for seconds in values], 1000.0 * sum(values))
    buckets = [Bucket(upper_bound(i - 1), upper_bound(i), n) for i, n in sorted(histogram.exponential.items())]
    exact = values[max(1, math.ceil(q * len(values))) - 1]
    assert native_error(buckets) == pytest.approx(RELATIVE_ERROR)
    assert native_quantile(q, buckets) == pytest.approx(exact, rel=1.0001 * RELATIVE_ERROR)


def test_no_exponential_buckets_have_no_quantile() -> None:
    """Without durations both are NaN and 0."""
    assert math.isnan(native_quantile(0.5, []))
    assert native_error([]) == 0
