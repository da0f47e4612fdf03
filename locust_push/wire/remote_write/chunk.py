"""The series of one remote-write request whose samples are numbers, with the bytes that stay the same.

Why it is fast: all bytes of a series except value and timestamp are the same at every tick, so a chunk keeps a prefix
for each. A tick joins ``[preamble, prefix, value, timestamp, prefix, value, timestamp, …]``, a list that takes one
slice assignment for all prefixes and one for all values. Building protobuf objects costs forty times as much. Protocol
buffers leave the order of fields open, so everything that never changes stands before the value.
"""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Metric, Series
from locust_push.wire.protobuf import fields, varint
from locust_push.wire.remote_write.codec import Codec

# The same in both versions: TimeSeries.samples = 2, Sample.value = 1 and .timestamp = 2.
_SAMPLE, _VALUE, _TIMESTAMP = b"\x12", b"\x09", b"\x10"


class Chunk:
    """The series of one request, to be joined from the preamble and then prefix, value, timestamp of each.

    Attributes:
        start: Index of its first series.
        end: Index after its last series.
        zeros: By index, the prefixes of series that need a 0 before this value.
    """

    __slots__ = (
        "_added",
        "_codec",
        "_cumulative",
        "_metric",
        "_opening",
        "_prefixes",
        "_size",
        "_start",
        "_timestamp_size",
        "end",
        "start",
        "zeros",
    )

    def __init__(self, start: int, codec: Codec, timestamp_size: int) -> None:
        self.start = self.end = start
        self.zeros: dict[int, bytes] = {}
        self._codec = codec
        self._timestamp_size = timestamp_size
        self._size = 0
        # Python's garbage collector does not track a tuple of bytes, but visits a list repeatedly.
        self._prefixes: tuple[bytes, ...] = ()
        self._added: list[bytes] = []
        # Of the latest series' metric; most series have the same one.
        self._metric: Metric | None = None
        self._cumulative = False
        self._opening = self._start = b""

    @property
    def size(self) -> int:
        """Bytes of the request, but for what is only in the next one."""
        return self._codec.size + self._size

    def append(self, series: Series, zero_at: bytes | None) -> None:
        """Add a series; a cumulative one with a 0 at an encoded timestamp before its first value, if there is one."""
        metric = series.metric
        if metric is not self._metric:
            self._metric, self._cumulative = metric, metric.type.cumulative
            self._start = self._codec.sample_start(metric)
            self._opening = _opening(self._start, self._timestamp_size)
        head = self._codec.series(series)
        prefix = self._prefix(head, self._opening)
        self._added.append(prefix)
        self._size += len(prefix) + self._behind
        if zero_at is not None and self._cumulative:
            self.zeros[self.end] = self._prefix(head + _zero(self._start, zero_at), self._opening)
        self.end += 1

    def encode(
        self,
        values: Sequence[bytes],
        timestamp: bytes,
        series: Sequence[Series],
        exemplars: Mapping[int, Exemplar],
        left_out: Iterable[int] = (),
    ) -> bytes:
        """The bytes of the request; ``series`` are all that there are, by index, as are those ``left_out``."""
        if self._added:
            self._prefixes, self._added = (*self._prefixes, *self._added), []
        parts = [_TIMESTAMP + timestamp] * (1 + 3 * len(values))
        parts[1::3] = self._prefixes
        parts[2::3] = values
        zeros, self.zeros = self.zeros, {}
        for index, prefix in zeros.items():
            parts[1 + 3 * (index - self.start)] = prefix
        for index, exemplar in exemplars.items():
            if self.start <= index < self.end:
                position = 1 + 3 * (index - self.start)
                parts[position] = self._with_exemplar(parts[position], exemplar, series[index].metric)
        for index in left_out:
            first = 1 + 3 * (index - self.start)
            parts[first : first + 3] = b"", b"", b""
        parts[0] = self._codec.preamble()
        return b"".join(parts)

    def within(self, indexes: Collection[int]) -> list[int]:
        """Those of the indexes that are of its series."""
        return [index for index in indexes if self.start <= index < self.end] if indexes else []

    def _with_exemplar(self, prefix: bytes, exemplar: Exemplar, metric: Metric) -> bytes:
        """A prefix with an exemplar before the last sample."""
        opening = _opening(self._codec.sample_start(metric), self._timestamp_size)
        (series,) = fields(prefix + bytes(self._behind))
        head = series.content[: -len(opening) - self._behind]
        return self._prefix(head + self._codec.exemplar(exemplar), opening)

    def _prefix(self, head: bytes, opening: bytes) -> bytes:
        """All bytes of a series up to its last value; ``head`` holds all its fields but the last sample."""
        size = len(head) + len(opening) + self._behind
        return self._codec.timeseries + varint(size) + head + opening

    @property
    def _behind(self) -> int:
        """Bytes that follow a prefix: the value, the tag of the timestamp, the timestamp."""
        return 9 + self._timestamp_size


@lru_cache(maxsize=64)
def _opening(start: bytes, timestamp_size: int) -> bytes:
    """What stands before the value of a series' last sample."""
    return _SAMPLE + varint(len(start) + 10 + timestamp_size) + start + _VALUE


@lru_cache(maxsize=64)
def _zero(start: bytes, timestamp: bytes) -> bytes:
    """A sample of 0."""
    content = b"".join((start, _VALUE, bytes(8), _TIMESTAMP, timestamp))
    return _SAMPLE + varint(len(content)) + content


def packed_values(values: Sequence[float]) -> tuple[bytes, ...]:
    """Eight bytes for each value, by two calls for all of them."""
    packed: tuple[bytes, ...] = struct.unpack("8s" * len(values), struct.pack(f"<{len(values)}d", *values))
    return packed
