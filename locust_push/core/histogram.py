"""Distributions of durations: exact classic bucket counts beside a sparse exponential histogram.

The exponential histogram has the buckets of a Prometheus native histogram of schema 5: bucket ``i`` holds values in
``(2 ** ((i - 1) / 32), 2 ** (i / 32)]`` seconds. A quantile read from it, at the geometric middle of its bucket, is
within :data:`RELATIVE_ERROR` (1.1 %) of the exact order statistic, for durations between about 1 µs and 68 minutes.
Absorbing what another histogram recorded adds counts and loses nothing.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Protocol

from locust_push.core.delta import DurationDelta

SCHEMA = 5
"""Resolution: ``2 ** SCHEMA`` buckets for each doubling of the value."""

RELATIVE_ERROR = math.pow(2.0, 1 / (2 << SCHEMA)) - 1
"""Largest relative error of a quantile: half a bucket, geometrically. 0.0109 for schema 5."""

_PER_DOUBLING = 1 << SCHEMA
_LOWEST, _HIGHEST = -20 * _PER_DOUBLING, 12 * _PER_DOUBLING

INDEXES = range(_LOWEST + 1, _HIGHEST + 1)
"""Indexes of the exponential buckets that there are."""

ZERO_THRESHOLD = 2.0**-20
"""Values up to this (0.95 µs) count as zero; the width of the zero bucket of a native histogram."""


def upper_bound(index: int) -> float:
    """Inclusive upper bound in seconds of the exponential bucket ``index``."""
    # Not 2 ** (index / 32): scaling a fraction by a power of two is exact, so that every doubling has the same bounds.
    return math.ldexp(math.pow(2.0, index % _PER_DOUBLING / _PER_DOUBLING), index // _PER_DOUBLING)


def milliseconds_within(seconds: float) -> float:
    """The largest number of milliseconds that, divided by 1,000, is no more than ``seconds``, to the last bit.

    Locust gives milliseconds. With such limits a time need not be divided to find its bucket.
    """
    limit = seconds * 1000.0
    while limit / 1000.0 > seconds:
        limit = math.nextafter(limit, 0.0)
    while (longer := math.nextafter(limit, math.inf)) / 1000.0 <= seconds:
        limit = longer
    return limit


@lru_cache(maxsize=16)
def _limits(bounds: tuple[float, ...]) -> tuple[float, ...]:
    """One object for all histograms, of which there may be thousands."""
    return tuple(map(milliseconds_within, bounds))


# By index from the lowest, whose values are the zeros; the highest has no limit, so that it holds all longer times.
_LIMITS = [*map(milliseconds_within, map(upper_bound, range(_LOWEST, _HIGHEST))), math.inf]

# The same objects for all histograms: Python makes a new one whenever it computes a number like these.
_INDEXES = [*range(_LOWEST, _HIGHEST + 1)]


class DurationHistogram:
    """A fixed-size aggregate of durations in seconds.

    Attributes:
        count: Number of durations.
        sum: Their sum, seconds.
        min: The smallest, seconds; infinity without any.
        max: The largest, seconds; 0 without any.
        classic: Counts per classic bucket, not cumulative; one longer than the bounds, the last for ``+Inf``.
        zeros: How many were at most :data:`ZERO_THRESHOLD`.
        exponential: Counts of the others by exponential bucket index; at most 1,024 entries.
    """

    __slots__ = ("_limits", "_recent", "classic", "count", "exponential", "max", "min", "sum", "zeros")

    def __init__(self, bounds: tuple[float, ...], recent: DurationDelta | None = None) -> None:
        """Count in classic buckets of ``bounds`` (seconds); what is added is added to ``recent`` as well."""
        self._limits = _limits(bounds)
        self.classic = [0] * (len(bounds) + 1)
        self.count = 0
        self.sum = 0.0
        self.min = math.inf
        self.max = 0.0
        self.zeros = 0
        # A plain dict: Python's garbage collector does not track one that holds numbers only.
        self.exponential: dict[int, int] = {}
        self._recent = recent

    def __repr__(self) -> str:
        return f"<DurationHistogram count={self.count} sum={self.sum:.6g} s in {len(self.exponential)} buckets>"

    def add(self, ordered: list[float], total: float) -> None:
        """Add durations.

        Sorting first is what makes this cheap: every bucket is then one binary search, not one step per value.

        Args:
            ordered: Finite durations in milliseconds, none negative, in ascending order, at least one.
            total: Their sum, milliseconds.
        """
        if self._recent is None:
            self._recent = DurationDelta()
        recent = self._recent
        total, shortest, longest = total / 1000.0, ordered[0] / 1000.0, ordered[-1] / 1000.0
        self.count += len(ordered)
        recent.count += len(ordered)
        self.sum += total
        recent.sum += total
        self.min, recent.min = min(self.min, shortest), min(recent.min, shortest)
        self.max, recent.max = max(self.max, longest), max(recent.max, longest)
        self._add_classic(ordered, recent)
        self._add_exponential(ordered, recent)

    def take_recent(self) -> DurationDelta:
        """Return what was added since the last call. Only for a histogram whose ``recent`` is its own."""
        recent, self._recent = self._recent, None
        return recent or DurationDelta()

    @property
    def distribution(self) -> DurationDelta:
        """Everything that was added since the start, as a delta without classic buckets."""
        exponential = defaultdict(int, self.exponential)
        return DurationDelta(self.count, self.sum, self.min, self.max, self.zeros, exponential=exponential)

    def absorb(self, delta: DurationDelta) -> None:
        """Add what another process recorded, with the same classic bounds; it does not count as recent here."""
        self.count += delta.count
        self.sum += delta.sum
        self.min = min(self.min, delta.min)
        self.max = max(self.max, delta.max)
        self.zeros += delta.zeros
        classic, exponential = self.classic, self.exponential
        for position, count in delta.classic.items():
            classic[position] += count
        for index, count in delta.exponential.items():
            try:
                exponential[index] += count
            except KeyError:
                exponential[index] = count

    def _add_classic(self, ordered: list[float], into: DurationDelta) -> None:
        counts, recent, below, size = self.classic, into.classic, 0, len(ordered)
        # Start at the bucket of the smallest value and stop at that of the largest: most have nothing to do.
        for bucket in range(bisect_left(self._limits, ordered[0]), len(self._limits)):
            upto = bisect_right(ordered, self._limits[bucket], below)
            if upto != below:
                counts[bucket] += upto - below
                recent[bucket] += upto - below
                below = upto
            if below == size:
                return
        counts[-1] += size - below
        recent[len(self._limits)] += size - below

    def _add_exponential(self, ordered: list[float], into: DurationDelta) -> None:
        counts, recent, bound, run = self.exponential, into.exponential, 0, 0
        limit, highest = _LIMITS[bound], bisect_left(_LIMITS, ordered[-1])
        # One search per bucket, not per value, and none where it is the next one; values that follow in the same bucket
        # only cost a comparison.
        for value in ordered:
            if value > limit:
                index = _INDEXES[bound]
                counts[index] = counts.get(index, 0) + run
                recent[index] += run
                run = 0
                bound += 1
                limit = _LIMITS[bound]
                if value > limit:
                    bound = bisect_left(_LIMITS, value, bound, highest)
                    limit = _LIMITS[bound]
            run += 1
        index = _INDEXES[bound]
        counts[index] = counts.get(index, 0) + run
        recent[index] += run
        self.zeros += counts.pop(_LOWEST, 0)
        into.zeros += recent.pop(_LOWEST, 0)

    def quantile(self, q: float) -> float:
        """See :func:`quantile`."""
        return quantile(self, q)


def durations_since(earlier: DurationDelta, now: DurationDelta) -> DurationDelta:
    """Return what was added to a distribution since it was ``earlier``; its extremes are known to a bucket."""
    added = {index: count - earlier.exponential.get(index, 0) for index, count in now.exponential.items()}
    exponential = defaultdict(int, {index: count for index, count in added.items() if count > 0})
    zeros, count = now.zeros - earlier.zeros, now.count - earlier.count
    lowest = 0.0 if zeros else upper_bound(min(exponential) - 1) if exponential else math.inf
    highest = upper_bound(max(exponential)) if exponential else 0.0
    extremes = max(lowest, now.min) if count else math.inf, min(highest, now.max)
    return DurationDelta(count, now.sum - earlier.sum, *extremes, zeros, exponential=exponential)


class Distribution(Protocol):
    """What a quantile is read from."""

    count: int
    min: float
    max: float
    zeros: int

    @property
    def exponential(self) -> Mapping[int, int]:
        """Counts by bucket index."""
        ...


def quantile(distribution: Distribution, q: float) -> float:
    """One of :func:`quantiles`."""
    return quantiles(distribution, (q,))[0]


def quantiles(distribution: Distribution, shares: Sequence[float]) -> tuple[float, ...]:
    """Return the quantiles for ``shares`` (0 to 1), in seconds; NaN without any duration.

    Each is the order statistic of rank ``ceil(share * count)``, within :data:`RELATIVE_ERROR`; exact at both ends.
    """
    if not distribution.count:
        return (math.nan,) * len(shares)
    count, smallest, largest, zeros = distribution.count, distribution.min, distribution.max, distribution.zeros
    indexes = sorted(distribution.exponential)
    seen = [*accumulate(map(distribution.exponential.__getitem__, indexes), initial=zeros)]

    def order_statistic(rank: int) -> float:
        if rank >= count:
            return largest
        if rank <= 1 or rank <= zeros:
            return smallest
        middle = math.pow(2.0, (indexes[bisect_left(seen, rank) - 1] - 0.5) / _PER_DOUBLING)
        return smallest if middle < smallest else min(middle, largest)

    return tuple([order_statistic(math.ceil(share * count)) for share in shares])
