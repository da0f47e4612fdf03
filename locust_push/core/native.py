"""Native histograms: views of :class:`~locust_push.core.histogram.DurationHistogram` in the Prometheus data model.

Source: "Native Histograms" of the Prometheus documentation, sections "Schema", "Buckets" and "Zero bucket". Bucket
``i`` of schema ``s`` holds values in ``(2 ** ((i - 1) / 2 ** s), 2 ** (i / 2 ** s)]``. Every second bound of a schema
is one of the schema below, which is why a finer histogram becomes a coarser one by adding neighbours, without error.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

from locust_push.core.histogram import SCHEMA, ZERO_THRESHOLD, DurationHistogram
from locust_push.core.record import record
from locust_push.core.series import Series

SCHEMAS = range(SCHEMA + 1)
"""Resolutions that a view can have: that of the aggregate, and all coarser ones down to powers of two."""

DEFAULT_SCHEMA = 3
"""Eight buckets for each doubling: the finest whose histograms stay below 160 buckets, a common limit of receivers,
also where durations are spread over three orders of magnitude. docs/native_histograms.md has the figures."""


def relative_error(schema: int) -> float:
    """Largest relative error of :meth:`NativeHistogram.quantile`: half a bucket, geometrically."""
    return math.pow(2.0, 1 / (2 << schema)) - 1


@record(frozen=True, slots=True)
class NativeHistogram:
    """What one native histogram held at one moment.

    Attributes:
        schema: Resolution; each power of two is divided into ``2 ** schema`` buckets.
        zero_threshold: Observations up to it are in the zero bucket.
        zero_count: How many those are.
        count: All observations.
        sum: Of all observations.
        spans: Runs of buckets: the gap to the run before (of the first one, the index of its bucket) and its length.
        deltas: Count of each bucket in the spans less that of the bucket before it.
    """

    schema: int
    zero_threshold: float
    zero_count: int
    count: int
    sum: float
    spans: tuple[tuple[int, int], ...]
    deltas: tuple[int, ...]

    @property
    def buckets(self) -> dict[int, int]:
        """Counts by bucket index, ascending, without the zero bucket."""
        deltas, counts = iter(self.deltas), dict[int, int]()
        index = count = 0
        for gap, length in self.spans:
            index += gap
            for position in range(index, index + length):
                count += next(deltas)
                counts[position] = count
            index += length
        return counts

    def quantile(self, q: float) -> float:
        """Return the quantile ``q`` (0 to 1) of all values; NaN without any.

        The geometric middle of the bucket that holds the observation of rank ``ceil(q * count)``, which is within
        :func:`relative_error` of it; 0 for one in the zero bucket.
        """
        if not self.count:
            return math.nan
        rank = max(1, math.ceil(q * self.count))
        seen = self.zero_count
        if rank <= seen:
            return 0.0
        last = 0
        for index, count in self.buckets.items():
            seen, last = seen + count, index
            if seen >= rank:
                break
        return math.pow(2.0, (last - 0.5) / (1 << self.schema))


@lru_cache(maxsize=len(SCHEMAS))
def empty(schema: int) -> NativeHistogram:
    """A histogram without observations: what precedes the first one of a series."""
    return NativeHistogram(schema, ZERO_THRESHOLD, 0, 0, 0.0, (), ())


def view(of: DurationHistogram, schema: int) -> NativeHistogram:
    """Return the current contents of ``of``, at the resolution of one of :data:`SCHEMAS`."""
    buckets = coarser(of.exponential, SCHEMA - schema)
    return NativeHistogram(schema, ZERO_THRESHOLD, of.zeros, of.count, of.sum, *_sparse(buckets))


def merged(histograms: Iterable[NativeHistogram]) -> NativeHistogram:
    """Merge several histograms into one, of the coarsest of their schemas.

    Raises:
        ValueError: No histograms are given, or their zero buckets differ, so that they cannot be merged.
    """
    parts = [*histograms]
    if len({part.zero_threshold for part in parts}) != 1:
        raise ValueError(f"{len(parts)} histograms to merge, expecting at least one, and one zero threshold")
    schema, buckets = min(part.schema for part in parts), dict[int, int]()
    for part in parts:
        for index, count in coarser(part.buckets, part.schema - schema).items():
            buckets[index] = buckets.get(index, 0) + count
    zeros, count = sum(part.zero_count for part in parts), sum(part.count for part in parts)
    total = math.fsum(part.sum for part in parts)
    return NativeHistogram(schema, parts[0].zero_threshold, zeros, count, total, *_sparse(buckets))


def coarser(buckets: Mapping[int, int], steps: int) -> Mapping[int, int]:
    """Return counts by bucket index, converted to a schema that is lower by ``steps``."""
    if not steps:
        return buckets
    counts: dict[int, int] = {}
    for index, count in buckets.items():
        # ceil(index / 2 ** steps): the upper bound of the new bucket is the next one at or above the old one's.
        into = -(-index >> steps)
        counts[into] = counts.get(into, 0) + count
    return counts


def _sparse(buckets: Mapping[int, int]) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Spans and deltas; buckets without observations are left out."""
    spans: list[tuple[int, int]] = []
    deltas: list[int] = []
    end = previous = 0
    for index in sorted(buckets):
        if spans and index == end:
            spans[-1] = spans[-1][0], spans[-1][1] + 1
        else:
            spans.append((index - end, 1))
        end = index + 1
        deltas.append(buckets[index] - previous)
        previous = buckets[index]
    return tuple(spans), tuple(deltas)


class NativeBlock:
    """A native histogram as a series whose samples are views of an aggregate."""

    __slots__ = ("_of", "_view", "series")

    def __init__(self, series: Series, of: DurationHistogram, schema: int) -> None:
        self.series = series
        self._of = of
        self._view = empty(schema)

    def refresh(self) -> int:
        """Bring the view up to date; return how many buckets were processed, 0 if nothing was added since."""
        if self._view.count == self._of.count:
            return 0
        self._view = view(self._of, self._view.schema)
        return len(self._of.exponential)

    def read(self) -> NativeHistogram:
        """The view of now."""
        self.refresh()
        return self._view
