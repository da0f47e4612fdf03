"""Distributions of runs: their location, and the detection of a known shift."""

import math
import random
from statistics import fmean

import pytest

from locust_push.core.histogram import DurationHistogram, quantiles
from locust_push.core.labels import QUANTILES
from locust_push.core.native import view
from locust_push.options.settings import DEFAULT_BUCKETS
from locust_push.results.model import Bucket
from locust_push.results.sources.scan import native_buckets
from locust_push.results.statistics.distribution import TRIMMED, duration_curve


def drawn(count: int, factor: float = 1.0) -> list[float]:
    """Return response times around 40 ms, milliseconds."""
    source = random.Random(1)  # noqa: S311  # no secret
    return sorted(factor * source.lognormvariate(math.log(40), 0.4) for _ in range(count))


def recorded(milliseconds: list[float]) -> DurationHistogram:
    histogram = DurationHistogram(DEFAULT_BUCKETS)
    histogram.add(milliseconds, sum(milliseconds))
    return histogram


def as_told(histogram: DurationHistogram) -> tuple[list[Bucket], dict[float, float]]:
    """Return classic buckets, and the quantiles of the end of a run."""
    edges = zip((0.0, *DEFAULT_BUCKETS), (*DEFAULT_BUCKETS, math.inf), histogram.classic, strict=True)
    shares = [float(quantile) for quantile in QUANTILES]
    return [Bucket(*edge) for edge in edges if edge[-1]], dict(zip(shares, quantiles(histogram, shares), strict=True))


@pytest.mark.parametrize("factor", [1.03, 1.05, 1.1, 1.3])
def test_a_shift_is_read_back(factor: float) -> None:
    """A known shift is found within 0.2 % from fine buckets, within 1.5 % from 16 classic ones and end quantiles."""
    before, after = (recorded(drawn(2000, times)) for times in (1.0, factor))
    fine = [duration_curve(list(native_buckets(view(one, 5))), {}) for one in (before, after)]
    told = [duration_curve(*as_told(one)) for one in (before, after)]
    for sides, error in ((fine, 0.002), (told, 0.015)):
        low, high = (side.location(2000).log for side in sides if side)
        assert math.exp(high - low) == pytest.approx(factor, rel=error)


def test_a_location_is_the_trimmed_mean_and_its_variance_is_that_of_many_samples() -> None:
    """Of the logarithms, without the outermost at both ends."""
    milliseconds = drawn(1000)
    curve = duration_curve(list(native_buckets(view(recorded(milliseconds), 5))), {})
    assert curve
    location = curve.location(1000)
    cut = round(TRIMMED * 1000)
    assert location.log == pytest.approx(fmean(math.log(one / 1000) for one in milliseconds[cut:-cut]), abs=0.002)
    assert math.sqrt(location.variance) == pytest.approx(0.4 / math.sqrt(1000), rel=0.1)


def test_a_curve_goes_both_ways() -> None:
    """From a share to a duration and back; beyond the ends it stays."""
    curve = duration_curve([Bucket(0.01, 0.1, 50), Bucket(0.1, 1.0, 50)], {})
    assert curve
    assert math.exp(curve.log_quantile(0.5)) == pytest.approx(0.1)
    assert curve.share_within(math.log(0.1)) == pytest.approx(0.5)
    assert math.exp(curve.log_quantile(0.75)) == pytest.approx(math.sqrt(0.1))
    assert (curve.share_within(-99), curve.share_within(99)) == (0.0, 1.0)


def test_nothing_measured_has_no_curve_and_zero_has_a_logarithm() -> None:
    """A histogram of zeros, one that ends in infinity, and none."""
    assert duration_curve([], {}) is None
    endless = duration_curve([Bucket(0.0, 1e-6, 3), Bucket(60.0, math.inf, 1)], {})
    assert endless
    assert math.exp(endless.log_quantile(1.0)) == pytest.approx(60)
