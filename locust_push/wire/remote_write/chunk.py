"""The series of one remote-write request whose samples are numbers, with the bytes that stay the same.

Why it is fast: all bytes of a series except value and timestamp are the same at every tick, so a chunk keeps a prefix
for each. A tick joins ``[preamble, prefix, value, timestamp, prefix, value, timestamp, …]``, a list that takes one
slice assignment for all prefixes and one for all values. Building protobuf objects costs forty times as much. Protocol
buffers leave the order of fields open, so everything that never changes stands before the value.
"""

import operator
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Form, Metric, Series
from locust_push.core.table import RowBlock
from locust_push.wire.protobuf import fields, varint
from locust_push.wire.remote_write.codec import Codec

# The same in both versions: TimeSeries.samples = 2, Sample.value = 1 and .timestamp = 2.
_SAMPLE, _VALUE, _TIMESTAMP = b"\x12", b"\x09", b"\x10"


class Chunk:
    """The series of one request, to be joined from the preamble and then prefix, value, timestamp of each.

    Attributes:
        start: Index of its first series.
        end: Index after its last series.
        zeros: Number of series that have a 0 before the value this once.
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
        "_templates",
        "_timestamp_size",
        "_zeros",
        "end",
        "start",
        "zeros",
    )

    def __init__(self, start: int, codec: Codec, timestamp_size: int) -> None:
        self.start = self.end = start
        self.zeros = 0
        # From which index on which prefixes have it.
        self._zeros: list[tuple[int, Sequence[bytes]]] = []
        self._codec = codec
        self._timestamp_size = timestamp_size
        self._size = 0
        # Python's garbage collector does not track a tuple of bytes, but visits a list repeatedly.
        self._prefixes: tuple[bytes, ...] = ()
        self._added: list[bytes] = []
        self._templates: dict[tuple[Form, int, bytes | None], _Template] = {}
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
            self._add_zeros([self._prefix(head + _zero(self._start, zero_at), self._opening)])
        self.end += 1

    def append_row(self, block: RowBlock, first: int, end: int, zero_at: bytes | None) -> None:
        """Add those series of a (method, name) that its form has from ``first`` to ``end``; else as :meth:`append`."""
        form, labels = block.form, self._codec.row(block.row)
        template = self._template(form, len(labels), None)
        self._added += template.filled(labels)[first:end]
        self._size += template.size + len(form.members) * self._behind  # a little more where these are not all
        if zero_at is not None and form.metrics[0].type.cumulative:
            self._add_zeros(self._template(form, len(labels), zero_at).filled(labels)[first:end])
        self.end += end - first

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
            self._templates = {}  # with the time of a 0 in them, which is another one at the next tick
        parts = [_TIMESTAMP + timestamp] * (1 + 3 * len(values))
        parts[1::3] = self._prefixes
        parts[2::3] = values
        for index, prefixes in self._zeros:
            first = 1 + 3 * (index - self.start)
            parts[first : first + 3 * len(prefixes) : 3] = prefixes
        self._zeros, self.zeros = [], 0
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

    def _add_zeros(self, prefixes: Sequence[bytes]) -> None:
        """Have the next series carry a 0 this once, by these prefixes."""
        self._zeros.append((self.end, prefixes))
        self.zeros += len(prefixes)

    def _template(self, form: Form, size: int, zero_at: bytes | None) -> "_Template":
        key = form, size, zero_at
        found = self._templates.get(key)
        if found is None:
            found = _Template([self._around(series, size, zero_at) for series in form.members], size)
            self._templates[key] = found
        return found

    def _around(self, series: Series, size: int, zero_at: bytes | None) -> tuple[bytes, bytes]:
        """Return what a prefix has before and behind the labels of a (method, name) that take ``size`` bytes."""
        before, behind = self._codec.around(series, size)
        start = self._codec.sample_start(series.metric)
        behind += (_zero(start, zero_at) if zero_at is not None else b"") + _opening(start, self._timestamp_size)
        return self._codec.timeseries + varint(len(before) + size + len(behind) + self._behind) + before, behind

    def _prefix(self, head: bytes, opening: bytes) -> bytes:
        """All bytes of a series up to its last value; ``head`` holds all its fields but the last sample."""
        size = len(head) + len(opening) + self._behind
        return self._codec.timeseries + varint(size) + head + opening

    @property
    def _behind(self) -> int:
        """Bytes that follow a prefix: the value, the tag of the timestamp, the timestamp."""
        return 9 + self._timestamp_size


class _Template:
    """The prefixes of a form, for each (method, name) whose labels take the same number of bytes.

    They are joined in one call and cut in another, instead of encoding them one by one.

    Attributes:
        size: Bytes of all of them.
    """

    __slots__ = ("_cut", "_parts", "size")

    def __init__(self, around: Sequence[tuple[bytes, bytes]], size: int) -> None:
        """Have these bytes before and behind the labels, which take ``size`` bytes."""
        befores, behinds = [before for before, _ in around], [behind for _, behind in around]
        self._parts = [*map(operator.add, [b"", *behinds], [*befores, b""])]
        sizes = [len(before) + size + len(behind) for before, behind in around]
        self._cut = struct.Struct("".join(f"{each}s" for each in sizes)).unpack
        self.size = sum(sizes)

    def filled(self, labels: bytes) -> tuple[bytes, ...]:
        """Return the prefixes with these labels."""
        return self._cut(labels.join(self._parts))


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
