"""The distribution of a row's response times, as well as a run shows it: a curve from shares to log-seconds. Pure.

Between the points that are known the logarithm of the duration is assumed to be spread evenly. A native histogram has a
point every few percent of duration; a classic one has only its bounds, and the quantiles that are written at the end of
a run lie between them.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from locust_push.results.model import Bucket, PrecisionSource, ResultRow

TRIMMED = 0.05
"""Share of the fastest and of the slowest requests that a location leaves out: outliers, and what is known worst."""

_KEPT = 2048
"""Rows whose curve is kept: every measure of a comparison reads the same ones."""

_SMALLEST = 1e-6
"""Seconds; what is below counts as this long, since zero has no logarithm."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a distribution lies, and how far it may be off by chance alone.

    Attributes:
        log: Natural logarithm of the typical duration in seconds.
        variance: Of ``log``, if requests were independent.
    """

    log: float
    variance: float


@dataclass(frozen=True, slots=True)
class DurationCurve:
    """A distribution by its known points, ascending.

    Attributes:
        shares: Of the requests, from 0 to 1.
        logs: Natural logarithms of the seconds within which these shares were answered.
    """

    shares: tuple[float, ...]
    logs: tuple[float, ...]

    def log_quantile(self, share: float) -> float:
        """Return the logarithm of the seconds within which a share was answered."""
        return _between(self.shares, self.logs, share)

    def share_within(self, log: float) -> float:
        """Return the share of requests that took no longer than a duration, given by the logarithm of its seconds."""
        return _between(self.logs, self.shares, log)

    def location(self, requests: float) -> Location:
        """Return the mean of the logarithms without :data:`TRIMMED` at both ends.

        Its variance is that of a trimmed mean: the winsorized variance over the square of the share that is kept
        (J. W. Tukey, D. H. McLaughlin, "Less vulnerable confidence and significance procedures", Sankhya A 25, 1963).

        Args:
            requests: How many the distribution is of, at least 1.
        """
        kept = 1 - 2 * TRIMMED
        points = self._kept()
        mean = sum((right - left) * (low + high) / 2 for (left, low), (right, high) in pairwise(points)) / kept
        squares = sum(
            (right - left) * _mean_square(low - mean, high - mean) for (left, low), (right, high) in pairwise(points)
        )
        tails = TRIMMED * sum((log - mean) ** 2 for _, log in (points[0], points[-1]))
        return Location(mean, (squares + tails) / (requests * kept * kept))

    def _kept(self) -> list[tuple[float, float]]:
        low, high = TRIMMED, 1 - TRIMMED
        inner = [point for point in zip(self.shares, self.logs, strict=True) if low < point[0] < high]
        return [(low, self.log_quantile(low)), *inner, (high, self.log_quantile(high))]


def typical_seconds(row: ResultRow) -> float:
    """Return where a row's distribution lies, as :meth:`DurationCurve.location`; NaN where nothing was measured."""
    curve = curve_of(row)
    return math.exp(curve.location(1).log) if curve else math.nan


@lru_cache(maxsize=_KEPT)
def curve_of(row: ResultRow) -> DurationCurve | None:
    """Return the distribution of a row; None where nothing was measured."""
    told = row.response_times.items() if row.precision.source is PrecisionSource.SUMMARY else ()
    shares = {_share(key): seconds for key, seconds in told}
    return duration_curve(row.histogram, {share: seconds for share, seconds in shares.items() if share is not None})


def _share(key: str) -> float | None:
    """Return the share of requests that a response time stands for; None for what is no quantile."""
    if key == "max":
        return 1.0
    return float(f"{key[1:]}e-2") if key[0] == "p" and key[1:].replace(".", "").isdecimal() else None


def duration_curve(histogram: Sequence[Bucket], quantiles: Mapping[float, float]) -> DurationCurve | None:
    """Return a row's distribution; None where nothing was measured.

    Args:
        histogram: Ascending, without empty buckets.
        quantiles: What is known beside it: shares, and seconds.
    """
    points = sorted([*_edges(histogram), *((share, _log(seconds)) for share, seconds in quantiles.items())])
    if len(points) < 2:
        return None
    shares, logs = zip(*points, strict=True)
    return DurationCurve(shares, _rising(logs))


def _edges(histogram: Sequence[Bucket]) -> Iterable[tuple[float, float]]:
    """Yield the bounds of buckets with the share below; what lies above the last finite bound is taken to be at it."""
    total, below = sum(bucket.requests for bucket in histogram), 0.0
    for bucket in histogram:
        yield below / total, _log(bucket.lower)
        below += bucket.requests
        yield below / total, _log(bucket.lower if math.isinf(bucket.upper) else bucket.upper)


def _rising(logs: Iterable[float]) -> tuple[float, ...]:
    """A quantile is a percent off, so that it may seem to lie beyond the bound of a bucket."""
    highest, risen = -math.inf, []
    for log in logs:
        highest = max(highest, log)
        risen.append(highest)
    return tuple(risen)


def _log(seconds: float) -> float:
    return math.log(max(seconds, _SMALLEST))


def _mean_square(low: float, high: float) -> float:
    """Of a value that is spread evenly between two."""
    return (low * low + low * high + high * high) / 3


def _between(places: Sequence[float], values: Sequence[float], place: float) -> float:
    after = bisect_left(places, place)
    if after in {0, len(places)}:
        return values[min(after, len(places) - 1)]
    left, right = places[after - 1], places[after]
    if left == right:
        return values[after]
    return values[after - 1] + (values[after] - values[after - 1]) * (place - left) / (right - left)
