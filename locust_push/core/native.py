"""Native histograms: the sparse exponential buckets of the Prometheus data model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NativeHistogram:
    """What one native histogram held at one moment.

    Source: "Native Histograms" of the Prometheus documentation.

    Attributes:
        schema: Resolution; each power of two is divided into 2 ** schema buckets.
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
