"""The Prometheus protobuf exposition format: snapshots to the body of a Pushgateway push that holds native histograms.

Sources: "Exposition formats", section "Protobuf format", and "Native Histograms", section "Classic Prometheus formats".
A body is one ``MetricFamily`` message after the other, each preceded by its length. Classic buckets and the native ones
with the same labels are one message, of which a scraper reads the form that it supports.

The messages are objects of the generated classes. They are created once per series; a tick sets the values in them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from locust_push.core.native import NativeHistogram
from locust_push.core.series import Labels, Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.exposition.families import PROTOBUF_TYPE
from locust_push.wire.generated import exposition_pb2 as pb
from locust_push.wire.protobuf import varint

CONTENT_TYPE = PROTOBUF_TYPE

_VALUES, _NEW_SERIES, _HISTOGRAMS = 2000, 100, 200
"""Series between two pauses, a millisecond or two of work."""

_TYPES = {
    MetricType.COUNTER: (pb.COUNTER, "counter"),
    MetricType.GAUGE: (pb.GAUGE, "gauge"),
    MetricType.HISTOGRAM: (pb.HISTOGRAM, "histogram"),
    MetricType.SUMMARY: (pb.SUMMARY, "summary"),
}
"""Number of the type, and the field of a Metric that belongs to it."""

_OF_OTHERS = pb.UNTYPED, "untyped"

_COMPOUND = frozenset({MetricType.HISTOGRAM, MetricType.SUMMARY})
"""Types of which several series are one message."""

_PARTS = {"_bucket": "le", "": "quantile"}
"""Suffixes of series that are an element of such a message, and the label that says which."""

Set = Callable[[float], None]
"""Sets the value of one series in its message."""


class ProtobufEncoder:
    """Encodes the snapshots of one process in one run, as the text format's encoder does."""

    content_type = CONTENT_TYPE

    def __init__(self, common_labels: Labels) -> None:
        """Add ``common_labels`` to every series."""
        self._common = common_labels
        self._families: dict[str, pb.MetricFamily] = {}
        self._metrics: dict[tuple[str, Labels], pb.Metric] = {}
        self._setters: list[Set] = []
        self._histograms: list[pb.Histogram] = []
        self._views: list[NativeHistogram | None] = []

    def __repr__(self) -> str:
        return f"<ProtobufEncoder {len(self._setters)} series and {len(self._histograms)} native histograms>"

    def encode(self, snapshot: Snapshot) -> Iterator[bytes]:
        """Yield the body in parts, to be joined; encoding happens as parts are requested, some of which are empty."""
        yield from self._learn(snapshot)
        for start in range(0, len(snapshot.values), _VALUES):
            part = slice(start, start + _VALUES)
            for put, value in zip(self._setters[part], snapshot.values[part], strict=True):
                put(value)
            yield b""
        yield from self._view(snapshot)
        for family in self._families.values():
            content = family.SerializeToString()
            yield varint(len(content)) + content

    def _learn(self, snapshot: Snapshot) -> Iterator[bytes]:
        """Make the messages of new series, once."""
        for index in range(len(self._setters), len(snapshot.values)):
            self._setters.append(self._setter(snapshot.series[index]))
            if not (index + 1) % _NEW_SERIES:
                yield b""
        for series in snapshot.histogram_series[len(self._histograms) : len(snapshot.histograms)]:
            self._histograms.append(self._metric(series.name, series.metric, series.labels).histogram)
            self._views.append(None)

    def _view(self, snapshot: Snapshot) -> Iterator[bytes]:
        """Set the native histograms that have changed."""
        for index, histogram in enumerate(snapshot.histograms):
            if self._views[index] is not histogram:
                self._views[index] = histogram
                set_native(self._histograms[index], histogram)
            if not (index + 1) % _HISTOGRAMS:
                yield b""

    def _setter(self, series: Series) -> Set:
        of = series.metric
        field = _TYPES.get(of.type, _OF_OTHERS)[1]
        if of.type in _COMPOUND:
            return self._part_setter(series, field)
        return partial(setattr, getattr(self._metric(series.name, of, series.labels), field), "value")

    def _part_setter(self, series: Series, field: str) -> Set:
        """Return the setter of one series of a histogram or a summary."""
        own = dict(series.labels)
        place = own.pop(_PARTS[series.suffix], None) if series.suffix in _PARTS else None
        whole = getattr(self._metric(series.metric.name, series.metric, tuple(own.items())), field)
        if place is None:
            return partial(_set_count if series.suffix == "_count" else setattr, whole, f"sample{series.suffix}")
        if series.suffix == "_bucket":
            return partial(_set_count, whole.bucket.add(upper_bound=float(place)), "cumulative_count")
        return partial(setattr, whole.quantile.add(quantile=float(place)), "value")

    def _metric(self, name: str, of: Metric, labels: Labels) -> pb.Metric:
        metric = self._metrics.get((name, labels))
        if metric is None:
            metric = self._metrics[name, labels] = self._family(name, of).metric.add()
            for label, value in (*self._common, *labels):
                if value:
                    metric.label.add(name=label, value=value)
        return metric

    def _family(self, name: str, of: Metric) -> pb.MetricFamily:
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = pb.MetricFamily(
                name=name, help=of.help, type=_TYPES.get(of.type, _OF_OTHERS)[0]
            )
        return family


def _set_count(message: Any, field: str, value: float) -> None:
    """Set an integer field; the values of a snapshot need not be of that type."""
    setattr(message, field, int(value))


def set_native(message: pb.Histogram, histogram: NativeHistogram) -> None:
    """Write a native histogram into a message; classic buckets in it stay.

    The zero threshold, which is never 0, distinguishes a native histogram without observations from a classic one.
    """
    message.sample_count, message.sample_sum = histogram.count, histogram.sum
    message.schema, message.zero_threshold = histogram.schema, histogram.zero_threshold
    message.zero_count = histogram.zero_count
    del message.positive_span[:], message.positive_delta[:]
    message.positive_span.extend(pb.BucketSpan(offset=gap, length=length) for gap, length in histogram.spans)
    message.positive_delta.extend(histogram.deltas)
