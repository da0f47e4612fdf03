"""From remote-write requests as they were pushed to the last sample of each series. Pure."""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from locust_push.core.native import NativeHistogram
from locust_push.core.series import Labels
from locust_push.wire.generated.remote_write_v1_pb2 import Histogram, TimeSeries, WriteRequest


class LastSample(NamedTuple):
    """Where one series of one process ended: its labels, ``__name__`` among them, value, and Unix time in ms.

    A native histogram stands in ``histogram``; its ``value`` is then NaN.
    """

    labels: Mapping[str, str]
    value: float
    timestamp_ms: int
    histogram: NativeHistogram | None = None


def last_samples(requests: Iterable[WriteRequest]) -> list[LastSample]:
    """Return the last sample of each series in the requests of one process, given in the order of their time.

    NaN, or a native histogram whose sum is NaN, is passed over: it marks the end of a series, or a moment at which a
    gauge had nothing to tell.
    """
    last: dict[Labels, tuple[float, int, NativeHistogram | None]] = {}
    for request in requests:
        for series in request.timeseries:
            for sample in series.samples[-1:]:
                if not math.isnan(sample.value):
                    last[_labels(series)] = sample.value, sample.timestamp, None
            for message in series.histograms[-1:]:
                if not math.isnan(message.sum):
                    last[_labels(series)] = math.nan, message.timestamp, _native(message)
    return [LastSample(dict(labels), *end) for labels, end in last.items()]


def _labels(series: TimeSeries) -> Labels:
    return tuple((label.name, label.value) for label in series.labels)


def _native(message: Histogram) -> NativeHistogram:
    """Return what a message holds; as we write them, with integer counts and no negative observations."""
    spans = tuple((span.offset, span.length) for span in message.positive_spans)
    zeros, deltas = message.zero_count_int, tuple(message.positive_deltas)
    return NativeHistogram(message.schema, message.zero_threshold, zeros, message.count_int, message.sum, spans, deltas)
