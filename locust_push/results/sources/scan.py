"""Reads the last sample of each series, and all samples of a few, from remote-write 1.0 requests without decoding them.

An hour of four workers is six million samples, and decoding one of them as a message takes 4 µs. But the labels of a
series have the same bytes at every tick, and the sample behind them always has the same size. So the bytes of the
labels are the key of the series, those of the sample its value, and only the last ones are decoded. Messages in another
form - two samples, a native histogram, data of other writers - are decoded normally.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from struct import Struct

from google.protobuf.message import DecodeError

from locust_push.core import metrics
from locust_push.core.labels import STATUS
from locust_push.core.native import NativeHistogram
from locust_push.results.model import Bucket
from locust_push.results.samples import Curve, LastHistogram, LastSample
from locust_push.wire.generated.remote_write_v1_pb2 import Histogram, Sample, TimeSeries, WriteRequest
from locust_push.wire.protobuf import fields

_SERIES = 0x0A
"""Tag of ``WriteRequest.timeseries``, and of ``TimeSeries.labels``: the first field, of a length."""

_LABELS = _SERIES >> 3
"""Number of the field of a label."""

_SAMPLE_HEAD = b"\x12\x10\x09"
"""The beginning of a sample's field of 16 bytes: a value of 8 bytes first, then the time in 6."""

_SAMPLE_SIZE = 18

_NOT_FINITE = 0xFF
"""The byte with sign and upper exponent of NaN, including stale markers, and of infinity, without the sign."""


_HELD = Struct("<xd")
"""Value of a sample of 16 bytes, as above."""


class Scan:
    """Reads the requests of one process, in the order of their time.

    NaN, or a native histogram whose sum is NaN, is skipped: it marks the end of a series, or a moment at which a gauge
        had no value.
    """

    def __init__(self, over_time: Collection[str], mark: float | None = None) -> None:
        """Keep all samples of the metrics with these names, and the values at the Unix time ``mark``, if given."""
        self._over_time = over_time
        self._mark_ms = math.inf if mark is None else round(1000 * mark)
        self.before: list[LastSample] = []
        self.native_before: list[LastHistogram] = []
        self._last: dict[bytes, bytes] = {}
        self._curves: dict[bytes, list[bytes]] = {}
        self._native: dict[bytes, Histogram] = {}
        self._requests: defaultdict[str, list[bytes]] = defaultdict(list)
        self._counted: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        self._tick = 0

    def add(self, message: bytes) -> None:
        """Read a request, uncompressed.

        Raises:
            ValueError: It is not a remote-write request.
        """
        try:
            self._note_mark(message)
            self._note_requests(message)
            self._add(message)
        except (DecodeError, IndexError) as error:
            raise ValueError(f"not a remote-write request: {error}") from None
        self._note_curves()

    def last(self) -> list[LastSample]:
        """Return the last sample of each series."""
        return [LastSample(_labels(key), *_value(sample)) for key, sample in self._last.items()]

    def native(self) -> list[LastHistogram]:
        """Return the last histogram of each series of native ones."""
        return [
            LastHistogram(_labels(key), message.count_int, message.sum, list(native_buckets(_held(message))))
            for key, message in self._native.items()
        ]

    def curves(self) -> list[Curve]:
        """Return all samples of the requested series."""
        return [
            Curve(_labels(key), [(time, value) for value, time in map(_value, samples)])
            for key, samples in self._curves.items()
        ]

    def counted(self) -> list[Curve]:
        """Return the cumulative requests of all names over time, by status."""
        self._count_requests()
        return [Curve({STATUS: status}, samples) for status, samples in self._counted.items()]

    def _note_requests(self, message: bytes) -> None:
        """Add up the counts before this message, if it is of another tick; a tick may have several messages."""
        tick = _last_time(message)
        if tick > self._tick:
            self._count_requests()
            self._tick = tick

    def _count_requests(self) -> None:
        for status, keys in self._requests.items() if self._tick else ():
            total = sum(_held_value(self._last[key]) for key in keys if key in self._last)
            self._counted[status].append((self._tick, total))

    def _note_mark(self, message: bytes) -> None:
        """Note the values before the first request that is later than the mark."""
        if math.isfinite(self._mark_ms) and _newest(message) > self._mark_ms:
            self.before, self.native_before = self.last(), self.native()
            self._mark_ms = math.inf

    def _add(self, message: bytes) -> None:
        """Divide a message into series; written for speed, since most samples need nothing else."""
        last, position, end = self._last, 0, len(message)
        while position < end:
            size, start = message[position + 1], position + 2
            if size > 0x7F:
                size, start = size & 0x7F | message[start] << 7, start + 1
            if message[position] != _SERIES or size > 0x3FFF:
                self._decode(WriteRequest.FromString(message[position:]).timeseries)
                return
            position = start + size
            key = message[start : position - _SAMPLE_SIZE]
            if message[position - 8] | 0x80 == _NOT_FINITE:
                self._decode([TimeSeries.FromString(message[start:position])])
            elif key in last or self._is_new_series(key, message[start:position]):
                last[key] = message[position - _SAMPLE_SIZE + 2 : position]

    def _is_new_series(self, key: bytes, series: bytes) -> bool:
        """Whether ``key`` consists only of labels, with one sample behind it; if not, the series has been decoded."""
        if series[len(key) : len(key) + len(_SAMPLE_HEAD)] == _SAMPLE_HEAD and _only_labels(key):
            self._note_series(key)
            return True
        self._decode([TimeSeries.FromString(series)])
        return False

    def _decode(self, timeseries: Iterable[TimeSeries]) -> None:
        for series in timeseries:
            for sample in series.samples[-1:]:
                if not math.isnan(sample.value):
                    key = TimeSeries(labels=series.labels).SerializeToString()
                    if key not in self._last:
                        self._note_series(key)
                    self._last[key] = sample.SerializeToString()
            for histogram in series.histograms[-1:]:
                if not math.isnan(histogram.sum):
                    self._native[TimeSeries(labels=series.labels).SerializeToString()] = histogram

    def _note_series(self, key: bytes) -> None:
        labels = _labels(key)
        if labels.get("__name__") in self._over_time:
            self._curves[key] = []
        elif labels.get("__name__") == metrics.REQUESTS.name:
            self._requests[labels.get(STATUS, "")].append(key)

    def _note_curves(self) -> None:
        for key, samples in self._curves.items():
            sample = self._last.get(key)
            if sample is not None and (not samples or sample is not samples[-1]):
                samples.append(sample)


def _last_time(message: bytes) -> int:
    """Return the time of the last sample of a request, Unix ms; 0 if it has none."""
    if message[-_SAMPLE_SIZE:].startswith(_SAMPLE_HEAD):
        return _value(message[2 - _SAMPLE_SIZE :])[1]
    series = WriteRequest.FromString(message).timeseries[-1:]
    return max((int(sample.timestamp) for each in series for sample in each.samples), default=0)


def _held_value(sample: bytes) -> float:
    if len(sample) == _SAMPLE_SIZE - 2:
        value: float = _HELD.unpack_from(sample)[0]
        return value
    return _value(sample)[0]


def _newest(message: bytes) -> int:
    """Return the Unix time in ms of the newest sample of a request."""
    series = WriteRequest.FromString(message).timeseries
    samples = (sample.timestamp for each in series for sample in each.samples)
    return max((*samples, *(one.timestamp for each in series for one in each.histograms)), default=0)


def _only_labels(key: bytes) -> bool:
    try:
        return all(field.number == _LABELS for field in fields(key))
    except ValueError:
        return False


def _labels(key: bytes) -> dict[str, str]:
    return {label.name: label.value for label in TimeSeries.FromString(key).labels}


def _value(sample: bytes) -> tuple[float, int]:
    """Value and Unix time in ms of a sample."""
    decoded = Sample.FromString(sample)
    return decoded.value, decoded.timestamp


def _held(message: Histogram) -> NativeHistogram:
    """Return the contents of a message, in our form: with integer counts and no negative observations."""
    spans = tuple((span.offset, span.length) for span in message.positive_spans)
    zeros, deltas = message.zero_count_int, tuple(message.positive_deltas)
    return NativeHistogram(message.schema, message.zero_threshold, zeros, message.count_int, message.sum, spans, deltas)


def native_buckets(held: NativeHistogram) -> Iterator[Bucket]:
    """Return the buckets of a native histogram, ascending, the zero bucket first."""
    if held.zero_count:
        yield Bucket(0.0, held.zero_threshold, held.zero_count)
    for index, count in held.buckets.items():
        lower, upper = (math.pow(2.0, edge / (1 << held.schema)) for edge in (index - 1, index))
        yield Bucket(lower, upper, count)
