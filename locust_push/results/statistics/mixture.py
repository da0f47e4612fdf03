"""Percentiles of all requests together, if there are several types of requests, and the mix of these. Pure.

All together are a mixture. Another mix of requests changes its percentiles though no request became slower, and where a
percentile lies between two types of requests, a few more requests of one type move it from one to the other.
"""

import math
from collections.abc import Mapping
from statistics import median

from locust_push.core.labels import RowKey
from locust_push.results.measures import Measure
from locust_push.results.model import ResultRow, RunResults
from locust_push.results.statistics.distribution import curve_of

MIX_LIMIT = 0.03
"""Share of the requests that are of another kind than before, from which on it is said."""

JUMP_LIMIT = 0.2
"""Logarithm by which chance moves a percentile of all requests together, from which on that is said."""

_SIGMAS = 2.58
"""Two-sided 99 % of a normal distribution."""


def mix(summary: RunResults) -> dict[RowKey, float]:
    """Return the share of each row in all requests."""
    total = sum(row.requests for row in summary.rows)
    return {(row.method, row.name): row.requests / total for row in summary.rows} if total else {}


def mix_distance(before: Mapping[RowKey, float], after: Mapping[RowKey, float]) -> float:
    """Return the share of requests that would have to be of another kind for both mixes to be the same."""
    return sum(abs(before.get(key, 0.0) - after.get(key, 0.0)) for key in {*before, *after}) / 2


def jumps(summary: RunResults, measure: Measure) -> float:
    """Return how far chance moves a percentile of all requests together, percent; 0 where that is little.

    It is also 0 with only one type of request, or if a percentile of one type alone would move half as far.
    """
    if measure.share is None or len(summary.rows) < 2:
        return 0.0
    requests = summary.aggregated.requests
    apart, *alone = (_moved(row, measure.share, requests) for row in (summary.aggregated, *summary.rows))
    return 100 * math.expm1(apart) if apart > max(JUMP_LIMIT, 2 * median(alone)) else 0.0


def _moved(row: ResultRow, share: float, requests: int) -> float:
    """Return by how much, on a logarithmic scale, chance moves a percentile of a number of requests like these."""
    curve, rank = curve_of(row), _SIGMAS * math.sqrt(share * (1 - share) / requests)
    return curve.log_quantile(min(1.0, share + rank)) - curve.log_quantile(max(0.0, share - rank)) if curve else 0.0


def with_mix(summary: RunResults, shares: Mapping[RowKey, float], measure: Measure) -> float:
    """Return a percentile of all requests together as it would be with another mix of the same requests, seconds.

    NaN if the rows do not show it.
    """
    curves = {(row.method, row.name): curve_of(row) for row in summary.rows}
    parts = [(share, curve) for key, share in shares.items() if (curve := curves.get(key)) is not None]
    total = math.fsum(share for share, _ in parts)
    if measure.share is None or not total:
        return math.nan
    low = min(curve.logs[0] for _, curve in parts)
    high = max(curve.logs[-1] for _, curve in parts)
    for _ in range(40):
        middle = (low + high) / 2
        within = math.fsum(share * curve.share_within(middle) for share, curve in parts) / total
        low, high = (middle, high) if within < measure.share else (low, middle)
    return math.exp((low + high) / 2)
