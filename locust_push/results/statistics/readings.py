"""What a measure of a row says on the scale on which runs are compared, and how far that is off by chance. Pure.

Percentiles are order statistics, whose ranks are off by binomial chance (H. A. David, H. N. Nagaraja, "Order
Statistics", 3rd ed., section 7.1), and the durations between two ranks are what the distribution says. Counts are off
as those of independent events are.
"""

import math

from locust_push.results.measures import SHIFT, Measure, Unit
from locust_push.results.model import ResultRow, RunResults
from locust_push.results.statistics.changes import Reading
from locust_push.results.statistics.distribution import DurationCurve, curve_of
from locust_push.results.statistics.noise import CLOCK

_NOTHING = 1e-9
"""What stands for 0 where nothing is counted."""

_SMALLEST_VARIANCE = 1e-12
"""Of requests that all took equally long: what nothing can be divided by is not 0."""


def readings(summary: RunResults, measure: Measure, factor: float = 1.0) -> dict[tuple[str, str], Reading]:
    """Return a measure of all rows of a run that have it, by method and name.

    Args:
        summary: The run.
        measure: What to read.
        factor: How many times larger than of independent requests the variance is.
    """
    found = (((row.method, row.name), reading(row, measure, factor)) for row in summary.rows)
    return {key: one for key, one in found if one is not None}


def reading(row: ResultRow, measure: Measure, factor: float = 1.0) -> Reading | None:
    """Return a measure of one row; None where the row does not have it."""
    value = measure.read(row)
    if math.isnan(value) or not row.requests:
        return None
    variance = max(_SMALLEST_VARIANCE, factor * _variance(row, measure))
    clock = (CLOCK / max(value, CLOCK)) ** 2 if measure.unit is Unit.SECONDS else 0.0
    return Reading(math.log(max(value, _nothing(row, measure))), variance, row.requests, clock)


def _nothing(row: ResultRow, measure: Measure) -> float:
    """Return what stands for 0, which has no logarithm: where failures are counted half of one."""
    return {"failures": 0.5, "error_rate": 50 / row.requests}.get(measure.name, _NOTHING)


def _variance(row: ResultRow, measure: Measure) -> float:
    curve = curve_of(row)
    if measure.share is not None and curve:
        return percentile_variance(curve, measure.share, row)
    if measure.name in {SHIFT.name, "avg"} and curve:
        return curve.location(row.requests).variance
    return 1 / row.requests


def percentile_variance(curve: DurationCurve, share: float, row: ResultRow) -> float:
    """Return the variance of the logarithm of a percentile: by chance, and by what is known of where it lies."""
    rank = math.sqrt(share * (1 - share) / row.requests)
    apart = curve.log_quantile(min(1.0, share + rank)) - curve.log_quantile(max(0.0, share - rank))
    bucket = 2 * math.log1p(row.precision.relative_error or 0.0)
    return apart * apart / 4 + bucket * bucket / 12
