"""Remote-write requests of native histograms, of either version of the protocol.

They are separate from the requests of numbers, so that a receiver that does not accept native histograms refuses
nothing else: Prometheus without its feature flag answers 500 and stores nothing at all of a request that holds one.
"""

from collections.abc import Callable, Iterator

import snappy

from locust_push.core.native import NativeHistogram, empty
from locust_push.core.series import Metric, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.protobuf import delimited, varint
from locust_push.wire.remote_write.codec import Codec
from locust_push.wire.remote_write.native_histogram import observations, stale, timestamps

MAX_HISTOGRAMS = 200
"""Per request: below a mebibyte also where every one has all the buckets that there can be."""

_STEP = 50
"""Histograms between two pauses: a millisecond of work where all of them changed."""


class NativeRequests:
    """Encodes the native histograms of one process in one run."""

    def __init__(
        self,
        new_codec: Callable[[], Codec],
        learned: Callable[[Metric], None],
        *,
        start_ms: int,
        max_histograms: int = MAX_HISTOGRAMS,
    ) -> None:
        """Put at most ``max_histograms`` into a request.

        Args:
            new_codec: Makes the codec of one chunk of series.
            learned: Called with the family of each new series.
            start_ms: Since when they count, milliseconds since the epoch; 0 leaves it out, as in 1.0.
            max_histograms: Fewer where a receiver finds requests too large.
        """
        self._new_codec = new_codec
        self._learned = learned
        self._start_ms = start_ms
        self._max = min(max_histograms, MAX_HISTOGRAMS)
        self._chunks: list[_Chunk] = []

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """One payload per chunk of series; a pause is a suggestion to yield.

        A series that is new in the snapshot has an empty histogram at ``previous_ms`` before its first one.
        """
        now, before = self._timestamps(snapshot.timestamp_ms), self._timestamps(snapshot.previous_ms)
        for chunk in self._chunks_of(snapshot):
            histograms = snapshot.histograms[chunk.start : chunk.end]
            parts, fresh = [], max(0, chunk.end - max(chunk.start, snapshot.histograms_known))
            for index, histogram in enumerate(histograms):
                zero = [observations(empty(histogram.schema)) + before] * (index >= len(histograms) - fresh)
                parts.append(chunk.timeseries(index, [*zero, chunk.observations(index, histogram) + now]))
                if not (index + 1) % _STEP:
                    yield 0.0
            yield Payload(chunk.request(parts), len(parts) + fresh, snapshot.timestamp_ms)

    def stale(self, snapshot: Snapshot) -> Iterator[Payload]:
        """A stale marker for every series of the last snapshot, a millisecond after it."""
        timestamp_ms = snapshot.timestamp_ms + 1
        now = self._timestamps(timestamp_ms)
        for chunk in self._chunks_of(snapshot):
            histograms = snapshot.histograms[chunk.start : chunk.end]
            parts = [chunk.timeseries(index, [stale(of) + now]) for index, of in enumerate(histograms)]
            yield Payload(chunk.request(parts), len(parts), timestamp_ms)

    def _timestamps(self, timestamp_ms: int) -> bytes:
        return timestamps(timestamp_ms, self._start_ms)

    def _chunks_of(self, snapshot: Snapshot) -> Iterator["_Chunk"]:
        """Each chunk, the last one filled with new series."""
        known = self._chunks[-1].end if self._chunks else 0
        for index in range(known, len(snapshot.histograms)):
            if not self._chunks or self._chunks[-1].end - self._chunks[-1].start == self._max:
                self._chunks.append(_Chunk(index, self._new_codec()))
            self._chunks[-1].append(snapshot.histogram_series[index])
            self._learned(snapshot.histogram_series[index].metric)
        yield from self._chunks


class _Chunk:
    """The series of one request, with what does not change between ticks.

    Attributes:
        start: Index of its first series.
        end: Index after its last series.
    """

    __slots__ = ("_codec", "_encoded", "_heads", "start")

    def __init__(self, start: int, codec: Codec) -> None:
        self.start = start
        self._codec = codec
        self._heads: list[bytes] = []
        self._encoded: list[tuple[NativeHistogram | None, bytes]] = []

    @property
    def end(self) -> int:
        return self.start + len(self._heads)

    def append(self, series: Series) -> None:
        self._heads.append(self._codec.series(series))
        self._encoded.append((None, b""))

    def observations(self, index: int, histogram: NativeHistogram) -> bytes:
        """Those of a histogram; encoded once for as long as it is the same object."""
        known, encoded = self._encoded[index]
        if known is not histogram:
            encoded = observations(histogram)
            self._encoded[index] = histogram, encoded
        return encoded

    def timeseries(self, index: int, messages: list[bytes]) -> bytes:
        """A series with its histograms, oldest first."""
        fields = [self._heads[index], *(delimited(self._codec.histogram, message) for message in messages)]
        size = sum(map(len, fields))
        return b"".join((self._codec.timeseries, varint(size), *fields))

    def request(self, parts: list[bytes]) -> bytes:
        """The compressed request."""
        return bytes(snappy.compress(b"".join((self._codec.preamble(), *parts))))
