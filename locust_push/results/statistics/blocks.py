"""How much more than of independent requests the noise within a run is, out of the run over time. Pure.

Requests of the same seconds are slow together: when the machine is busy, a cache is cold, a garbage collector runs. So
the run is cut into blocks that do not overlap, and the median of each is compared with those of all others: of
independent requests they would scatter by so much, and by how many times more they do, the variance of everything that
is read off the run is larger: the method of batch means (A. M. Law, "Simulation Modeling and Analysis", section 9.5.3).
"""

import math
from collections.abc import Iterator
from statistics import variance

from locust_push.results.model import Point, RunResults
from locust_push.results.statistics.distribution import curve_of
from locust_push.results.statistics.readings import percentile_variance

_WINDOW = 10.0
"""Seconds that a point of the run over time looks back."""

_FEWEST = 6
"""Blocks below which nothing can be said of them."""


def noise_factor(summary: RunResults) -> float:
    """Return how many times larger than of independent requests the variance is; 1 for a run that is too short."""
    medians = [math.log(point.p50) for point in _apart(summary)]
    curve = curve_of(summary.aggregated)
    if len(medians) < _FEWEST or curve is None:
        return 1.0
    whole = percentile_variance(curve, 0.5, summary.aggregated)
    return max(1.0, variance(medians) / (whole * len(medians)))


def _apart(summary: RunResults) -> Iterator[Point]:
    """Yield points whose windows do not overlap, from when all users were there."""
    most = max((point.users for point in summary.series if point.users > 0), default=0.0)
    last = -math.inf
    for point in summary.series:
        if point.users == most and point.p50 > 0 and point.elapsed - last >= _WINDOW:
            last = point.elapsed
            yield point
