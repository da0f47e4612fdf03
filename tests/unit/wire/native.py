"""Native histograms for tests of encoders, and the official messages of the same content."""

from locust_push.core.histogram import DurationHistogram
from locust_push.core.native import NativeHistogram, view
from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.generated.remote_write_v1_pb2 import Histogram

DURATION = Metric("duration_seconds", MetricType.HISTOGRAM, "Durations.", "seconds")
NOW = 1_800_000_000_000


def native(*durations: float, schema: int = 3) -> NativeHistogram:
    """Return a histogram of some durations in seconds."""
    of = DurationHistogram((1.0,))
    if durations:
        of.add(sorted(1000.0 * seconds for seconds in durations), 1000.0 * sum(durations))
    return view(of, schema)


def numbered(count: int) -> list[Series]:
    """Return a number of series of the family."""
    return [Series(DURATION, (("number", str(number)),)) for number in range(count)]


def snapshot(*histograms: NativeHistogram, known: int = 0, timestamp_ms: int = NOW) -> Snapshot:
    """Return a snapshot with only native histograms."""
    return Snapshot(
        timestamp_ms,
        timestamp_ms - 5000,
        [],
        [],
        0,
        histogram_series=numbered(len(histograms)),
        histograms=histograms,
        histograms_known=known,
    )


def official(of: NativeHistogram, timestamp_ms: int) -> Histogram:
    """Return the message built with the official class."""
    message = Histogram(
        count_int=of.count,
        sum=of.sum,
        schema=of.schema,
        zero_threshold=of.zero_threshold,
        zero_count_int=of.zero_count,
        positive_deltas=of.deltas,
        timestamp=timestamp_ms,
    )
    for offset, length in of.spans:
        message.positive_spans.add(offset=offset, length=length)
    return message
