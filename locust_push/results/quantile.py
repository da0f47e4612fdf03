"""Quantiles of histograms. Pure."""

import math
from collections.abc import Sequence

from locust_push.results.model import Bucket


def classic_quantile(q: float, buckets: Sequence[Bucket]) -> float:
    """Return an estimate of the quantile ``q`` (0 to 1), in the unit of the bounds; NaN if nothing was counted.

    Durations are assumed to be spread evenly over their bucket, as in PromQL's ``histogram_quantile``, and one beyond
    the last finite bound is returned as that bound. So the error is as wide as a bucket.

    Args:
        q: The share of durations that are no longer.
        buckets: Ascending.
    """
    rank, below = q * sum(bucket.requests for bucket in buckets), 0.0
    for lower, upper, count in buckets:
        if count and below + count >= rank:
            return lower if math.isinf(upper) else lower + (upper - lower) * (rank - below) / count
        below += count
    return buckets[-1].lower if below else math.nan


def bucket_of(q: float, buckets: Sequence[Bucket]) -> Bucket | None:
    """Return the bucket that holds the quantile ``q`` (0 to 1); None if nothing was counted."""
    rank, below = max(1, math.ceil(q * sum(bucket.requests for bucket in buckets))), 0.0
    for bucket in buckets:
        below += bucket.requests
        if below >= rank:
            return bucket
    return buckets[-1] if buckets else None


def native_quantile(q: float, buckets: Sequence[Bucket]) -> float:
    """Return the quantile ``q`` of exponential buckets: the geometric middle of the one that holds it; NaN without any.

    It is the order statistic of rank ``ceil(q * count)``, within :func:`native_error`.
    """
    bucket = bucket_of(q, buckets)
    return math.nan if bucket is None else _middle(bucket)


def native_error(buckets: Sequence[Bucket]) -> float:
    """Return the largest relative error of a :func:`native_quantile`: half a bucket, geometrically."""
    ratios = (bucket.upper / bucket.lower for bucket in buckets if bucket.lower > 0 and math.isfinite(bucket.upper))
    return math.sqrt(max(ratios, default=1.0)) - 1


def _middle(bucket: Bucket) -> float:
    if math.isinf(bucket.upper):
        return bucket.lower
    return math.sqrt(bucket.lower * bucket.upper) if bucket.lower > 0 else bucket.upper
