"""Snapshots to encode: one with everything, and numbered series."""

from collections.abc import Iterable, Mapping

from locust_push.core.exemplar import Exemplar
from locust_push.core.native import NativeHistogram
from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot

NOW = 1_800_000_005_000
BEFORE = 1_800_000_000_000

COUNTER = Metric("requests_total", MetricType.COUNTER, "Requests made.")
GAUGE = Metric("users", MetricType.GAUGE, "Users running.")
HISTOGRAM = Metric("duration_seconds", MetricType.HISTOGRAM, "Durations.", "seconds")
SUMMARY = Metric("encode_seconds", MetricType.SUMMARY, "Time spent.", "seconds")
COMMON = (("run_id", "r"), ("job", "locust"), ("instance", "host:1"))

SERIES = (
    Series(COUNTER, (("name", "/a"), ("method", "GET"))),
    Series(GAUGE),
    Series(HISTOGRAM, (("le", "+Inf"),), "_bucket"),
    Series(SUMMARY, (), "_sum"),
)
VALUES = (3.0, 12.0, 5.0, 0.25)
EXEMPLAR = Exemplar((("trace_id", "abc"), ("span_id", "7")), 0.42, NOW - 17)
NATIVE = NativeHistogram(3, 1e-6, 1, 6, 1.25, ((-8, 2), (3, 1)), (2, -1, 2))


def snapshot(
    series: Iterable[Series] = SERIES,
    values: Iterable[float] = VALUES,
    *,
    known: int = 0,
    timestamp_ms: int = NOW,
    previous_ms: int = BEFORE,
    exemplars: Mapping[int, Exemplar] | None = None,
    native: int = 0,
) -> Snapshot:
    """Return a snapshot of series, and of native histograms, new unless all ``series`` are known."""
    series, values = [*series], [*values]
    histograms = [Series(HISTOGRAM, (("name", f"/{number}"),)) for number in range(native)]
    return Snapshot(
        timestamp_ms,
        previous_ms,
        series,
        values,
        known,
        histogram_series=histograms,
        histograms=[NATIVE] * native,
        histograms_known=native if known else 0,
        exemplars=exemplars or {},
    )


def numbered(count: int, metric: Metric = GAUGE) -> list[Series]:
    """Return series that differ in the label ``number``."""
    return [Series(metric, (("number", f"{number:05}"),)) for number in range(count)]
