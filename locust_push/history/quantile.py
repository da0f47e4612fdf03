"""Quantiles of classic histograms. Pure."""

import math
from collections.abc import Sequence


def bucket_quantile(q: float, buckets: Sequence[tuple[float, float]]) -> float:
    """Return an estimate of the quantile ``q`` (0 to 1), in the unit of the bounds; NaN where nothing was counted.

    Durations are taken to be spread evenly over their bucket, as in PromQL's ``histogram_quantile``, and one beyond the
    last finite bound is given as that bound. So the error is as wide as a bucket.

    Args:
        q: The share of durations that are no longer.
        buckets: Upper bound and cumulative count, ascending; the first bucket begins at 0, the last bound is infinite.
    """
    total = buckets[-1][1] if buckets else 0
    if not total:
        return math.nan
    rank = q * total
    lower, below = 0.0, 0.0
    for upper, count in buckets:
        if count >= rank and count > below:
            return lower if math.isinf(upper) else lower + (upper - lower) * (rank - below) / (count - below)
        lower, below = upper, count
    return lower
