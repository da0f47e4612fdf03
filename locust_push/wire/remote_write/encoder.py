"""Prometheus remote-write: snapshots to snappy-compressed write requests of either version of the protocol.

The series of a process are cut into chunks, one for each request of a tick (``chunk``). What differs between the
versions is in ``v1`` and ``v2``. In both the samples of a series are in order of time, a series that ends has a
staleness marker, and the compression is snappy's block format.
"""

from collections.abc import Iterator, Mapping, Sequence

import snappy

from locust_push.core.series import STALE_MARKER, Labels, Series
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import RowBlock, blocks_between
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.protobuf import varint
from locust_push.wire.remote_write import v1 as remote_write_v1
from locust_push.wire.remote_write import v2 as remote_write_v2
from locust_push.wire.remote_write.chunk import Chunk, packed_values
from locust_push.wire.remote_write.codec import Codec
from locust_push.wire.remote_write.native_requests import MAX_HISTOGRAMS, NativeRequests
from locust_push.wire.remote_write.version import Version

HEADERS: Mapping[Version, Mapping[str, str]] = {
    Version.V1: remote_write_v1.HEADERS,
    Version.V2: remote_write_v2.HEADERS,
}
"""The headers that belong to a request."""

MAX_SAMPLES = 2000
"""Per request, as Prometheus' own sender by default (``max_samples_per_send``)."""

MAX_REQUEST_BYTES = 1 << 20
"""Per request before compression."""

EMPTY_REQUEST_V2 = bytes(snappy.compress(remote_write_v2.Symbols().take()))
"""A 2.0 request without series: a 2.0 receiver answers that it has written none; a 1.x one finds nothing in it."""

_CODECS: Mapping[Version, type[Codec]] = {
    Version.V1: remote_write_v1.CodecV1,
    Version.V2: remote_write_v2.CodecV2,
}

_ROW_BYTES = 1 << 16
"""More than the series of one (method, name) take, so that their size need not be known before they are encoded."""

_NEW_SERIES = 250
"""New series between two pauses: some 1 ms of work."""


class RemoteWriteEncoder:
    """Encodes the snapshots of one process in one run.

    Attributes:
        version: Of the requests that it makes.
        native: Whether native histograms are in them.
    """

    def __init__(
        self,
        common_labels: Labels,
        version: Version = Version.V1,
        *,
        max_samples: int = MAX_SAMPLES,
        max_bytes: int = MAX_REQUEST_BYTES,
        start_ms: int | None = None,
        native: bool = True,
    ) -> None:
        """Add ``common_labels`` to every series; a request holds ``max_samples`` and about ``max_bytes`` at most.

        Cumulative series count since ``start_ms``, milliseconds since the epoch; by default since the ``previous_ms``
        of the first snapshot. Without ``native`` no native histograms are in the requests.
        """
        self.version = version
        self._max_samples = max_samples
        self._max_bytes = max_bytes
        self._common = common_labels
        self._start_ms = start_ms
        self._chunks: list[Chunk] = []
        self._timestamp_size = 0
        self._metadata = remote_write_v1.MetadataSchedule()
        self.native = native
        self._native_requests: NativeRequests | None = None

    def __repr__(self) -> str:
        return f"<RemoteWriteEncoder {self.version}: {self.known} series in {len(self._chunks)} chunks>"

    @property
    def known(self) -> int:
        """How many series have been in a request."""
        return self._chunks[-1].end if self._chunks else 0

    def in_form(self, version: Version, max_bytes: int, *, native: bool) -> "RemoteWriteEncoder":
        """An encoder of the same series for requests of that form; itself where that is its own."""
        if (version, max_bytes, native) == (self.version, self._max_bytes, self.native):
            return self
        return RemoteWriteEncoder(
            self._common,
            version,
            max_samples=self._max_samples,
            max_bytes=max_bytes,
            start_ms=self._start_ms,
            native=native,
        )

    def encode(self, snapshot: Snapshot, *, after: int = 0) -> Iterator[Payload | Pause]:
        """One payload per chunk of series, in the order of the table; work is done as payloads are asked for.

        Chunks of the first ``after`` series alone are left out, and native histograms with them.

        A cumulative series that is new in the snapshot carries a 0 at ``previous_ms`` before its first value, so that
        ``increase()`` sees the first request. A pause is a suggestion to yield. 1.0 has metadata in
        requests of its own, which a receiver may refuse without harm: when there is a new family, and every minute.
        """
        if self._start_ms is None:
            self._start_ms = snapshot.previous_ms
        timestamp = varint(snapshot.timestamp_ms)
        for chunk in self._chunks_of(snapshot, len(timestamp), snapshot.known):
            if chunk is None:
                yield 0.0
                continue
            if chunk.end <= after:
                continue
            values = snapshot.values[chunk.start : chunk.end]
            left_out = chunk.within(snapshot.absent)
            samples = len(values) - len(left_out) + chunk.zeros
            body = chunk.encode(packed_values(values), timestamp, snapshot.series, snapshot.exemplars, left_out)
            if samples:
                yield Payload(snappy.compress(body), samples, snapshot.timestamp_ms)
        if self.native and not after:
            yield from self._of_histograms().encode(snapshot)
        if self.version is Version.V1 and (families := self._metadata.due(snapshot.timestamp_ms)):
            yield Payload(snappy.compress(remote_write_v1.metadata(families)), 0, snapshot.timestamp_ms)

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Requests with the series that are new in a snapshot, the last one, and stale markers for all."""
        yield from self.encode(snapshot, after=snapshot.known)
        yield from self.stale(snapshot)

    def stale(self, snapshot: Snapshot) -> Iterator[Payload]:
        """A stale marker, a millisecond after the last snapshot, for every series that has not ended before."""
        timestamp_ms = snapshot.timestamp_ms + 1
        timestamp = varint(timestamp_ms)
        for chunk in filter(None, self._chunks_of(snapshot, len(timestamp), len(snapshot.values))):
            size, left_out = chunk.end - chunk.start, chunk.within(snapshot.ended)
            body = chunk.encode([STALE_MARKER] * size, timestamp, snapshot.series, {}, left_out)
            if size > len(left_out):
                yield Payload(snappy.compress(body), size - len(left_out), timestamp_ms)
        if self.native:
            yield from self._of_histograms().stale(snapshot)

    def _of_histograms(self) -> NativeRequests:
        """Made when first needed, since by then it is known when the run began."""
        if self._native_requests is None:
            # 0 would mean that it is unknown, which only 1.0 has it be.
            start_ms = self._start_ms or 1 if self.version is Version.V2 else 0
            # Fewer where a receiver finds requests too large.
            limit = max(1, MAX_HISTOGRAMS * self._max_bytes // MAX_REQUEST_BYTES)
            self._native_requests = NativeRequests(
                self._new_codec, self._metadata.add, start_ms=start_ms, max_histograms=limit
            )
        return self._native_requests

    def _new_codec(self) -> Codec:
        return _CODECS[self.version](self._common, self._start_ms or 0)

    def _chunks_of(self, snapshot: Snapshot, timestamp_size: int, new_from: int) -> Iterator[Chunk | None]:
        """Each chunk, filled with new series when it is its turn, and None where the caller may pause."""
        if timestamp_size != self._timestamp_size:
            # The prefixes hold lengths that depend on it. Happens in the year 2109, and under manual clocks.
            self._chunks, self._timestamp_size = [], timestamp_size
        position = 0
        while position < len(self._chunks) or self.known < len(snapshot.values):
            if position == len(self._chunks):
                self._chunks.append(Chunk(self.known, self._new_codec(), timestamp_size))
            chunk = self._chunks[position]
            if position == len(self._chunks) - 1:
                yield from self._fill(chunk, snapshot, new_from)
            yield chunk
            position += 1

    def _append(self, chunk: Chunk, series: Sequence[Series], zero_at: bytes | None) -> bool:
        """Append series one by one; return whether there was room for all."""
        for one in series:
            if chunk.size >= self._max_bytes:
                return False
            chunk.append(one, zero_at)
            self._metadata.add(one.metric)
        return True

    def _fill(self, chunk: Chunk, snapshot: Snapshot, new_from: int) -> Iterator[None]:
        """Encode, once, the labels of new series, as many as there is room for."""
        previous = varint(snapshot.previous_ms)
        stop = min(len(snapshot.values), chunk.start + self._max_samples)
        while chunk.end < stop:
            for block, first, end in blocks_between(snapshot.series, chunk.end, min(chunk.end + _NEW_SERIES, stop)):
                zero_at = previous if chunk.end >= new_from else None
                if isinstance(block, RowBlock) and chunk.size + _ROW_BYTES < self._max_bytes:
                    chunk.append_row(block, first, end, zero_at)
                    self._metadata.add_all(block.form.metrics)
                elif not self._append(chunk, block.series[first:end], zero_at):
                    return
            yield
