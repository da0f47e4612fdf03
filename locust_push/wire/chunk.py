"""The series of one remote-write request whose samples are numbers, and what of its bytes stays from tick to tick.

How it is fast: all that a series' bytes need besides value and timestamp is the same on every tick, so a chunk keeps a
prefix for each. A tick joins ``[preamble, prefix, value, timestamp, prefix, value, timestamp, …]``, a list that takes
one slice assignment for all prefixes and one for all values. Building protobuf objects costs forty times as much.
Protocol buffers leave the order of fields open, so everything that never changes stands before the value.
"""

import struct
from collections.abc import Mapping, Sequence

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Series
from locust_push.wire.codec import Codec
from locust_push.wire.protobuf import varint

# The same in both versions: TimeSeries.samples = 2, Sample.value = 1 and .timestamp = 2.
_SAMPLE, _VALUE, _TIMESTAMP = b"\x12", b"\x09", b"\x10"
_ZERO = bytes(8)


class Chunk:
    """The series of one request, to be joined from the preamble and then prefix, value, timestamp of each.

    Attributes:
        start: Index of its first series.
        end: Index after its last series.
        zeros: By index, of series that need a 0 before the value this once: all fields up to the last sample, and what
            that one begins with.
    """

    __slots__ = ("_added", "_codec", "_prefixes", "_size", "_timestamp_size", "end", "start", "zeros")

    def __init__(self, start: int, codec: Codec, timestamp_size: int) -> None:
        self.start = self.end = start
        self.zeros: dict[int, tuple[bytes, bytes]] = {}
        self._codec = codec
        self._timestamp_size = timestamp_size
        self._size = 0
        # A tuple of bytes is nothing to Python's garbage collector, which goes through a list again and again.
        self._prefixes: tuple[bytes, ...] = ()
        self._added: list[bytes] = []

    @property
    def size(self) -> int:
        """Bytes of the request, but for what is only in the next one."""
        return self._codec.size + self._size

    def append(self, series: Series, zero_at: bytes | None) -> None:
        """Add a series; with a 0 at an encoded timestamp before its first value."""
        head, start = self._fields(series)
        prefix = self._prefix(head, start)
        self._added.append(prefix)
        self._size += len(prefix) + 9 + self._timestamp_size
        if zero_at is not None:
            self.zeros[self.end] = head + _sample(start, _ZERO, zero_at), start
        self.end += 1

    def encode(
        self, values: Sequence[bytes], timestamp: bytes, series: Sequence[Series], exemplars: Mapping[int, Exemplar]
    ) -> bytes:
        """The bytes of the request; ``series`` are all that there are, by index."""
        if self._added:
            self._prefixes, self._added = (*self._prefixes, *self._added), []
        once = self._once(series, exemplars)
        parts = [_TIMESTAMP + timestamp] * (1 + 3 * len(values))
        parts[0] = self._codec.preamble()
        parts[1::3] = self._prefixes
        parts[2::3] = values
        for index, prefix in once.items():
            parts[1 + 3 * (index - self.start)] = prefix
        return b"".join(parts)

    def _once(self, series: Sequence[Series], exemplars: Mapping[int, Exemplar]) -> dict[int, bytes]:
        """By index, prefixes that stand in this once: with a 0 before the value, with an exemplar, or both."""
        once, self.zeros = self.zeros, {}
        for index, exemplar in exemplars.items():
            if self.start <= index < self.end:
                head, start = once.get(index) or self._fields(series[index])
                once[index] = head + self._codec.exemplar(exemplar), start
        return {index: self._prefix(*fields) for index, fields in once.items()}

    def _fields(self, series: Series) -> tuple[bytes, bytes]:
        """What never changes: of the series, and of its samples."""
        return self._codec.series(series), self._codec.sample_start(series.metric)

    def _prefix(self, head: bytes, sample_start: bytes) -> bytes:
        """All bytes of a series up to its last value; ``head`` holds all its fields but the last sample."""
        size = len(sample_start) + 10 + self._timestamp_size
        content = (head, _SAMPLE, varint(size), sample_start, _VALUE)
        return b"".join((self._codec.timeseries, varint(len(head) + 2 + size), *content))


def packed_values(values: Sequence[float]) -> tuple[bytes, ...]:
    """Eight bytes for each value, by two calls for all of them."""
    packed: tuple[bytes, ...] = struct.unpack("8s" * len(values), struct.pack(f"<{len(values)}d", *values))
    return packed


def _sample(start: bytes, value: bytes, timestamp: bytes) -> bytes:
    """One sample of a series."""
    content = b"".join((start, _VALUE, value, _TIMESTAMP, timestamp))
    return _SAMPLE + varint(len(content)) + content
