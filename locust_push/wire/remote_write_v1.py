"""Prometheus remote-write 1.0: snapshots to snappy-compressed ``prometheus.WriteRequest`` messages.

Source: "Prometheus Remote-Write Specification" 1.0 (labels sorted by name and without empty values, samples of a series
in order of time, stale markers for series that end, snappy's block format).

How it is fast: all that a series' bytes need besides value and timestamp is the same on every tick, so a chunk of
series is kept as a list ``[prefix, value, timestamp, prefix, value, timestamp, …]``. A tick replaces all values and all
timestamps by one slice assignment each and joins the list. Building protobuf objects costs forty times as much.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

import snappy

from locust_push.core.series import Labels, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.payload import Payload
from locust_push.wire.protobuf import delimited, fields, varint

HEADERS: Mapping[str, str] = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
"""The headers that the specification demands of a request ("Protocol")."""

STALE_MARKER = struct.pack("<Q", 0x7FF0000000000002)
"""The NaN that ends a series ("Stale Markers"); kept as bytes, since a float may lose which NaN it is."""

MAX_SAMPLES = 2000
"""Per request, as Prometheus' own sender by default (``max_samples_per_send``)."""

MAX_BYTES = 1 << 20
"""Per request before compression."""

_NEW_SERIES = 500
"""New series between two pauses: some 1.5 ms of work."""

# Field tags: WriteRequest.timeseries = 1, TimeSeries.labels = 1 and .samples = 2, Sample.value = 1 and .timestamp = 2.
_TIMESERIES, _LABEL, _SAMPLE, _VALUE, _TIMESTAMP = b"\x0a", 1, b"\x12", b"\x09", b"\x10"
_ZERO = bytes(8)


class RemoteWriteEncoder:
    """Encodes the snapshots of one process in one run."""

    def __init__(self, common_labels: Labels, *, max_samples: int = MAX_SAMPLES, max_bytes: int = MAX_BYTES) -> None:
        """Add ``common_labels`` to every series; a request holds ``max_samples`` and about ``max_bytes`` at most."""
        self._common = common_labels
        self._max_samples = max_samples
        self._max_bytes = max_bytes
        self._chunks: list[_Chunk] = []
        self._timestamp_size = 0

    def __repr__(self) -> str:
        return f"<RemoteWriteEncoder {self._known} series in {len(self._chunks)} chunks>"

    def halving(self, payload: Payload) -> "RemoteWriteEncoder":
        """An encoder of the same series for requests of half the size of ``payload``; itself where they are no larger.

        In bytes, since that is what receivers limit: a few series with long names can weigh more than 2,000 others.
        """
        half = max(1, len(snappy.uncompress(payload.body)) // 2)
        if half >= self._max_bytes:
            return self
        return RemoteWriteEncoder(self._common, max_samples=self._max_samples, max_bytes=half)

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | None]:
        """One payload per chunk of series, in the order of the table; work is done as payloads are asked for.

        A cumulative series that is new in the snapshot carries a 0 at ``previous_ms`` before its first value, so that
        ``increase()`` sees the first request. A None is no payload, only a good moment to pause.
        """
        timestamp, previous = varint(snapshot.timestamp_ms), varint(snapshot.previous_ms)
        zero = _SAMPLE + varint(10 + len(previous)) + _VALUE + _ZERO + _TIMESTAMP + previous
        for chunk in self._chunks_of(snapshot, len(timestamp), zero):
            if chunk is None:
                yield None
                continue
            values = snapshot.values[chunk.start : chunk.end]
            samples = len(values) + len(chunk.fresh)
            packed = struct.pack(f"<{len(values)}d", *values)
            body = chunk.join(struct.unpack("8s" * len(values), packed), timestamp)
            yield Payload(snappy.compress(body), samples, snapshot.timestamp_ms)

    def stale(self, snapshot: Snapshot) -> Iterator[Payload]:
        """A stale marker for every series of the last snapshot, a millisecond after it."""
        timestamp_ms = snapshot.timestamp_ms + 1
        timestamp = varint(timestamp_ms)
        for chunk in filter(None, self._chunks_of(snapshot, len(timestamp))):
            count = chunk.end - chunk.start
            body = chunk.join([STALE_MARKER] * count, timestamp)
            yield Payload(snappy.compress(body), count, timestamp_ms)

    @property
    def _known(self) -> int:
        """How many series are in the chunks."""
        return self._chunks[-1].end if self._chunks else 0

    def _chunks_of(self, snapshot: Snapshot, timestamp_size: int, zero: bytes = b"") -> Iterator["_Chunk | None"]:
        """Each chunk, filled with new series when it is its turn, and None where the caller may pause."""
        if timestamp_size != self._timestamp_size:
            # The prefixes hold lengths that depend on it. Happens in the year 2109, and under manual clocks.
            self._chunks, self._timestamp_size = [], timestamp_size
        position = 0
        while position < len(self._chunks) or self._known < len(snapshot.values):
            if position == len(self._chunks):
                self._chunks.append(_Chunk(self._known))
            chunk = self._chunks[position]
            yield from self._fill(chunk, snapshot, zero)
            yield chunk
            position += 1

    def _fill(self, chunk: "_Chunk", snapshot: Snapshot, zero: bytes) -> Iterator[None]:
        """Encode, once, the labels of new series, as many as there is room for; they need a ``zero`` this once."""
        for index in range(self._known, len(snapshot.values)):
            if chunk.end - chunk.start >= self._max_samples or chunk.size >= self._max_bytes:
                return
            series = snapshot.series[index]
            labels = encode_labels(series, self._common)
            chunk.append(self._prefix(labels), 9 + self._timestamp_size)
            if index >= snapshot.known and series.metric.type.cumulative:
                chunk.fresh[index] = self._prefix(labels + zero)
            if not (index + 1) % _NEW_SERIES:
                yield

    def _prefix(self, head: bytes) -> bytes:
        """All bytes of a TimeSeries up to its last value; ``head`` holds its labels and samples before it."""
        sample_size = 10 + self._timestamp_size
        return b"".join((_TIMESERIES, varint(len(head) + 2 + sample_size), head, _SAMPLE, varint(sample_size), _VALUE))


class _Chunk:
    """The series of one request, as a list of bytes to be joined: prefix, value, timestamp, and so on.

    Attributes:
        start: Index of its first series.
        end: Index after its last series.
        size: Bytes of the request, but for what is fresh.
        fresh: By index, prefixes that stand in once: those of new series, with a 0 before the value.
    """

    __slots__ = ("_parts", "end", "fresh", "size", "start")

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.size = 0
        self.fresh: dict[int, bytes] = {}
        self._parts: list[bytes] = []

    def append(self, prefix: bytes, sample_size: int) -> None:
        self._parts += (prefix, b"", b"")
        self.size += len(prefix) + sample_size
        self.end += 1

    def join(self, values: Sequence[bytes], timestamp: bytes) -> bytes:
        """The bytes of the request; what is fresh is so for once."""
        parts = self._parts
        parts[1::3] = values
        parts[2::3] = [_TIMESTAMP + timestamp] * len(values)
        if self.fresh:
            parts = parts.copy()
            for index, prefix in self.fresh.items():
                parts[3 * (index - self.start)] = prefix
            self.fresh = {}
        return b"".join(parts)


def split(payload: Payload) -> tuple[Payload, ...]:
    """Two payloads with half of the series each; the payload alone where there is but one.

    Raises:
        ValueError: the body is no write request.
    """
    entries = [*fields(bytes(snappy.uncompress(payload.body)))]
    if len(entries) < 2:
        return (payload,)
    middle = len(entries) // 2
    # Nearly always there is one sample per series, and no need to look.
    samples = middle if payload.samples == len(entries) else sum(_samples(series) for _, series in entries[:middle])
    return (
        Payload(_joined(entries[:middle]), samples, payload.timestamp_ms),
        Payload(_joined(entries[middle:]), payload.samples - samples, payload.timestamp_ms),
    )


def _samples(series: bytes) -> int:
    """How many samples are in the content of a TimeSeries."""
    return sum(whole.startswith(_SAMPLE) for whole, _ in fields(series))


def _joined(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    return bytes(snappy.compress(b"".join(whole for whole, _ in entries)))


def encode_labels(series: Series, common: Labels) -> bytes:
    """The ``labels`` fields of a TimeSeries: sorted by name, none of them empty ("Labels")."""
    labels = [("__name__", series.name), *common, *series.labels]
    return b"".join(map(_label, sorted(labels, key=itemgetter(0))))


@lru_cache(maxsize=4096)
def _label(label: tuple[str, str]) -> bytes:
    """One field, or nothing; remembered, since new series come in groups that share nearly all labels."""
    name, value = label
    return delimited(_LABEL, delimited(1, name.encode()) + delimited(2, value.encode())) if value else b""
