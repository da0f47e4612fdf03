"""Prometheus remote-write: snapshots to snappy-compressed write requests of either version of the protocol.

How it is fast: all that a series' bytes need besides value and timestamp is the same on every tick, so a chunk of
series is kept as a list ``[preamble, prefix, value, timestamp, prefix, value, timestamp, …]``. A tick replaces all
values and all timestamps by one slice assignment each and joins the list. Building protobuf objects costs forty times
as much. Protocol buffers leave the order of fields open, so everything that never changes stands before the value.

What differs between the versions is in :mod:`~locust_push.wire.remote_write_v1` and
:mod:`~locust_push.wire.remote_write_v2`. Samples of a series are in order of time in both, a series that ends has a
stale marker, and the compression is snappy's block format.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence

import snappy

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Labels, Metric, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire import remote_write_v1, remote_write_v2
from locust_push.wire.codec import STALE_MARKER, Codec
from locust_push.wire.native_requests import NativeRequests
from locust_push.wire.payload import Payload
from locust_push.wire.protobuf import varint
from locust_push.wire.version import Version

HEADERS: Mapping[Version, Mapping[str, str]] = {
    Version.V1: remote_write_v1.HEADERS,
    Version.V2: remote_write_v2.HEADERS,
}
"""The headers that belong to a request."""

MAX_SAMPLES = 2000
"""Per request, as Prometheus' own sender by default (``max_samples_per_send``)."""

MAX_BYTES = 1 << 20
"""Per request before compression."""

METADATA_INTERVAL_MS = 60_000
"""How often 1.0 repeats metadata: as Prometheus' own sender by default (``metadata_config.send_interval``)."""

_CODECS: Mapping[Version, type[Codec]] = {
    Version.V1: remote_write_v1.CodecV1,
    Version.V2: remote_write_v2.CodecV2,
}

_NEW_SERIES = 500
"""New series between two pauses: some 1.5 ms of work."""

# The same in both versions: TimeSeries.samples = 2, Sample.value = 1 and .timestamp = 2.
_SAMPLE, _VALUE, _TIMESTAMP = b"\x12", b"\x09", b"\x10"
_ZERO = bytes(8)


class RemoteWriteEncoder:
    """Encodes the snapshots of one process in one run.

    Attributes:
        version: Of the requests that it makes.
        max_samples: At most so many series are in one.
        native: Whether native histograms are in them.
    """

    def __init__(
        self,
        common_labels: Labels,
        version: Version = Version.V1,
        *,
        max_samples: int = MAX_SAMPLES,
        max_bytes: int = MAX_BYTES,
        start_ms: int | None = None,
        native: bool = True,
    ) -> None:
        """Add ``common_labels`` to every series; a request holds ``max_samples`` and about ``max_bytes`` at most.

        Cumulative series count since ``start_ms``, milliseconds since the epoch; by default since the ``previous_ms``
        of the first snapshot. Without ``native`` no native histograms are in the requests.
        """
        self.version = version
        self.max_samples = max_samples
        self._max_bytes = max_bytes
        self._common = common_labels
        self._start_ms = start_ms
        self._chunks: list[_Chunk] = []
        self._timestamp_size = 0
        self._metadata = _MetadataSchedule()
        self.native = native
        self._native_requests: NativeRequests | None = None

    def __repr__(self) -> str:
        return f"<RemoteWriteEncoder {self.version}: {self._known} series in {len(self._chunks)} chunks>"

    def replaced(
        self, *, version: Version | None = None, max_samples: int | None = None, native: bool = True
    ) -> "RemoteWriteEncoder":
        """An encoder of the same series for another version, smaller requests, or without native histograms."""
        return RemoteWriteEncoder(
            self._common,
            version or self.version,
            max_samples=max_samples or self.max_samples,
            max_bytes=self._max_bytes,
            start_ms=self._start_ms,
            native=self.native and native,
        )

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | None]:
        """One payload per chunk of series, in the order of the table; work is done as payloads are asked for.

        A cumulative series that is new in the snapshot carries a 0 at ``previous_ms`` before its first value, so that
        ``increase()`` sees the first request. A None is no payload, only a good moment to pause. 1.0 has metadata in
        requests of its own, which a receiver may refuse without harm: when there is a new family, and every minute.
        """
        if self._start_ms is None:
            self._start_ms = snapshot.previous_ms
        timestamp = varint(snapshot.timestamp_ms)
        for chunk in self._chunks_of(snapshot, len(timestamp), snapshot.known):
            if chunk is None:
                yield None
                continue
            values = snapshot.values[chunk.start : chunk.end]
            samples = len(values) + len(chunk.zeros)
            body = chunk.encode(_packed(values), timestamp, snapshot.exemplars)
            yield Payload(snappy.compress(body), samples, snapshot.timestamp_ms)
        if self.native:
            yield from self._of_histograms().encode(snapshot)
        if self.version is Version.V1 and (families := self._metadata.due(snapshot.timestamp_ms)):
            yield Payload(snappy.compress(remote_write_v1.metadata(families)), 0, snapshot.timestamp_ms)

    def stale(self, snapshot: Snapshot) -> Iterator[Payload]:
        """A stale marker for every series of the last snapshot, a millisecond after it."""
        timestamp_ms = snapshot.timestamp_ms + 1
        timestamp = varint(timestamp_ms)
        for chunk in filter(None, self._chunks_of(snapshot, len(timestamp), len(snapshot.values))):
            count = chunk.end - chunk.start
            body = chunk.encode([STALE_MARKER] * count, timestamp, {})
            yield Payload(snappy.compress(body), count, timestamp_ms)
        if self.native:
            yield from self._of_histograms().stale(snapshot)

    def _of_histograms(self) -> NativeRequests:
        """Made when first needed, since by then it is known when the run began."""
        if self._native_requests is None:
            # 0 would mean that it is unknown, which only 1.0 has it be.
            start_ms = self._start_ms or 1 if self.version is Version.V2 else 0
            self._native_requests = NativeRequests(
                self._new_codec, self._metadata.add, start_ms=start_ms, max_histograms=self.max_samples
            )
        return self._native_requests

    def _new_codec(self) -> Codec:
        return _CODECS[self.version](self._common, self._start_ms or 0)

    @property
    def _known(self) -> int:
        """How many series are in the chunks."""
        return self._chunks[-1].end if self._chunks else 0

    def _chunks_of(self, snapshot: Snapshot, timestamp_size: int, new_from: int) -> Iterator["_Chunk | None"]:
        """Each chunk, filled with new series when it is its turn, and None where the caller may pause."""
        if timestamp_size != self._timestamp_size:
            # The prefixes hold lengths that depend on it. Happens in the year 2109, and under manual clocks.
            self._chunks, self._timestamp_size = [], timestamp_size
        position = 0
        while position < len(self._chunks) or self._known < len(snapshot.values):
            if position == len(self._chunks):
                self._chunks.append(_Chunk(self._known, self._new_codec(), timestamp_size))
            chunk = self._chunks[position]
            yield from self._fill(chunk, snapshot, new_from)
            yield chunk
            position += 1

    def _fill(self, chunk: "_Chunk", snapshot: Snapshot, new_from: int) -> Iterator[None]:
        """Encode, once, the labels of new series, as many as there is room for."""
        previous = varint(snapshot.previous_ms)
        for index in range(self._known, len(snapshot.values)):
            if chunk.end - chunk.start >= self.max_samples or chunk.size >= self._max_bytes:
                return
            series = snapshot.series[index]
            chunk.append(series, previous if index >= new_from and series.metric.type.cumulative else None)
            self._metadata.add(series.metric)
            if not (index + 1) % _NEW_SERIES:
                yield


class _Chunk:
    """The series of one request, as a list of bytes to be joined: the preamble, then prefix, value, timestamp of each.

    Attributes:
        start: Index of its first series.
        end: Index after its last series.
        zeros: By index, the fields up to the value of series that need a 0 before it this once.
    """

    __slots__ = ("_codec", "_parts", "_series", "_size", "_timestamp_size", "end", "start", "zeros")

    def __init__(self, start: int, codec: Codec, timestamp_size: int) -> None:
        self.start = self.end = start
        self.zeros: dict[int, bytes] = {}
        self._codec = codec
        self._timestamp_size = timestamp_size
        self._size = 0
        self._series: list[Series] = []
        self._parts = [b""]

    @property
    def size(self) -> int:
        """Bytes of the request, but for what is only in the next one."""
        return self._codec.size + self._size

    def append(self, series: Series, zero_at: bytes | None) -> None:
        """Add a series; with a 0 at an encoded timestamp before its first value."""
        head, start = self._codec.series(series), self._codec.sample_start(series.metric)
        prefix = self._prefix(head, start)
        self._parts += (prefix, b"", b"")
        self._series.append(series)
        self._size += len(prefix) + 9 + self._timestamp_size
        if zero_at is not None:
            self.zeros[self.end] = head + _sample(start, _ZERO, zero_at)
        self.end += 1

    def encode(self, values: Sequence[bytes], timestamp: bytes, exemplars: Mapping[int, Exemplar]) -> bytes:
        """The bytes of the request."""
        once = self._once(exemplars)
        parts = self._parts
        parts[0] = self._codec.preamble()
        parts[2::3] = values
        parts[3::3] = [_TIMESTAMP + timestamp] * len(values)
        if once:
            parts = parts.copy()
            for index, prefix in once.items():
                parts[1 + 3 * (index - self.start)] = prefix
        return b"".join(parts)

    def _once(self, exemplars: Mapping[int, Exemplar]) -> dict[int, bytes]:
        """By index, prefixes that stand in this once: with a 0 before the value, with an exemplar, or both."""
        heads, self.zeros = self.zeros, {}
        for index, exemplar in exemplars.items():
            if self.start <= index < self.end:
                head = heads.get(index) or self._codec.series(self._series[index - self.start])
                heads[index] = head + self._codec.exemplar(exemplar)
        return {
            index: self._prefix(head, self._codec.sample_start(self._series[index - self.start].metric))
            for index, head in heads.items()
        }

    def _prefix(self, head: bytes, sample_start: bytes) -> bytes:
        """All bytes of a series up to its last value; ``head`` holds all its fields but the last sample."""
        size = len(sample_start) + 10 + self._timestamp_size
        content = (head, _SAMPLE, varint(size), sample_start, _VALUE)
        return b"".join((self._codec.timeseries, varint(len(head) + 2 + size), *content))


class _MetadataSchedule:
    """When the metadata of all families is due in 1.0."""

    def __init__(self) -> None:
        self._families: dict[Metric, None] = {}
        self._sent = 0
        self._sent_ms = 0

    def add(self, metric: Metric) -> None:
        """Note a family; most calls are of one that is known."""
        self._families[metric] = None

    def due(self, now_ms: int) -> Iterable[Metric]:
        """The families to send now; none where all were sent within a minute."""
        if len(self._families) == self._sent and now_ms < self._sent_ms + METADATA_INTERVAL_MS:
            return ()
        self._sent, self._sent_ms = len(self._families), now_ms
        return self._families


def _packed(values: Sequence[float]) -> tuple[bytes, ...]:
    """Eight bytes for each value, by two calls for all of them."""
    packed: tuple[bytes, ...] = struct.unpack("8s" * len(values), struct.pack(f"<{len(values)}d", *values))
    return packed


def _sample(start: bytes, value: bytes, timestamp: bytes) -> bytes:
    """One sample of a series."""
    content = b"".join((start, _VALUE, value, _TIMESTAMP, timestamp))
    return _SAMPLE + varint(len(content)) + content
