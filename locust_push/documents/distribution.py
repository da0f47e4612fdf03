"""Histograms of durations on a common grid, so that runs with different buckets can be drawn together. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from locust_push.results.model import PERCENTILE_SHARES, Bucket, PrecisionSource, ResultRow

BINS = 60
"""Number of bins of the grid; each is wider than the one before by the same factor."""

_SPREAD_OF_OPEN = 2.0
"""A bucket from 0, or without an upper bound, is drawn up to its known bound divided or multiplied by this."""

_SHORTEST = 1e-5
"""Lowest bound in seconds; a logarithmic axis needs an end, and a request that took 0 would move it far away."""


def grid(rows: Sequence[ResultRow], bins: int = BINS) -> tuple[float, ...]:
    """Return the bounds of bins that hold the durations of all rows: seconds, each as many times the one before.

    Empty if there are none.
    """
    buckets = [bucket for row in rows for bucket in _closed(row)]
    if not buckets:
        return ()
    low, high = min(bucket.lower for bucket in buckets), max(bucket.upper for bucket in buckets)
    step = math.log(high / low) / bins
    return tuple(low * math.exp(step * number) for number in range(bins + 1))


def shares(row: ResultRow, bounds: Sequence[float]) -> list[float]:
    """Return the percentage of durations in each bin; a bucket wider than a bin is spread evenly."""
    counts = [0.0] * (len(bounds) - 1)
    for bucket in _closed(row):
        width = math.log(bucket.upper / bucket.lower)
        for number, (lower, upper) in enumerate(pairwise(bounds)):
            covered = math.log(min(upper, bucket.upper)) - math.log(max(lower, bucket.lower))
            counts[number] += bucket.requests * max(0.0, covered) / width
    total = sum(counts)
    return [100 * count / total if total else 0.0 for count in counts]


def _closed(row: ResultRow) -> list[Bucket]:
    """Return the buckets with bounds that have a logarithm."""
    return [_bounded(bucket, row.response_times) for bucket in _refined(row) if bucket.requests > 0]


def _refined(row: ResultRow) -> Iterator[Bucket]:
    """Yield the buckets, split where a quantile is known: a classic bucket may hold several peaks."""
    below, total = 0.0, sum(bucket.requests for bucket in row.histogram)
    known = _known(row, total)
    for bucket in row.histogram:
        above = below + bucket.requests
        inside = [one for one in known if bucket.lower < one[0] < bucket.upper and below <= one[1] <= above]
        for (low, before), (high, after) in pairwise([(bucket.lower, below), *inside, (bucket.upper, above)]):
            yield Bucket(low, high, after - before)
        below = above


def _known(row: ResultRow, total: float) -> list[tuple[float, float]]:
    """Return the response times up to which a known number of requests lie, both ascending; none of fine buckets."""
    if row.precision.source is PrecisionSource.NATIVE:
        return []
    shares_of = {"min": 0.0, **PERCENTILE_SHARES}
    found = sorted(
        (row.response_times[name], total * share) for name, share in shares_of.items() if name in row.response_times
    )
    highest = accumulate((count for _, count in found), max)
    return list({seconds: count for (seconds, _), count in zip(found, highest, strict=True)}.items())


def _bounded(bucket: Bucket, known: Mapping[str, float]) -> Bucket:
    lower, upper = bucket.lower, max(bucket.upper, _SHORTEST)
    if math.isinf(upper):
        upper = max(known.get("max", 0.0), lower * _SPREAD_OF_OPEN)
    if lower < _SHORTEST or lower >= upper:
        lower = upper / _SPREAD_OF_OPEN
    return Bucket(lower, upper, bucket.requests)
