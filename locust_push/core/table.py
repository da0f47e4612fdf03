"""The table of a process's time series, and the blocks that it is read from.

A block is a group of series that belong together and are read at one moment. The table is append-only: a series keeps
its index for the whole run, which is what lets encoders do per-series work only once.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol, overload

from locust_push.core.exemplar import Exemplar
from locust_push.core.labels import RowKey
from locust_push.core.native import NativeHistogram
from locust_push.core.series import Form, Labels, Metric, Series
from locust_push.core.snapshot import Snapshot
from locust_push.core.values import utf8_text


class Block(Protocol):
    """A group of series with one moment of reading."""

    def __len__(self) -> int:
        """Return how many series, fixed for the life of the block."""
        ...

    @property
    def series(self) -> Sequence[Series]:
        """The series, always the same; they may be made when asked for."""
        ...

    def read(self, values: list[float]) -> None:
        """Append the current value of each series to ``values``, in the order of ``series``."""
        ...


class HistogramBlock(Protocol):
    """A series whose samples are native histograms."""

    @property
    def series(self) -> Series:
        """The series."""
        ...

    def read(self) -> NativeHistogram:
        """The histogram of now."""
        ...


class Cell:
    """A block of one series whose value is set by others."""

    __slots__ = ("series", "value")

    def __init__(self, series: Series, value: float = 0) -> None:
        self.series = (series,)
        self.value: float = value

    def __len__(self) -> int:
        """Return 1."""
        return 1

    def read(self, values: list[float]) -> None:
        """Append the value."""
        values.append(self.value)


class RowBlock:
    """A block of the series that one (method, name) has of a form.

    Attributes:
        form: The kind of series.
        row: The method and the name.
    """

    __slots__ = ("row",)

    form: Form

    def __init__(self, row: RowKey) -> None:
        self.row = row

    def __len__(self) -> int:
        """Return how many series."""
        return len(self.form.members)

    @property
    def series(self) -> list[Series]:
        """The series, created anew."""
        return self.form.series(*self.row)

    def read(self, values: list[float]) -> None:
        """See :meth:`Block.read`."""
        raise NotImplementedError


class SeriesOfBlocks(Sequence[Series]):
    """The series of many blocks by index, made as they are asked for and not kept.

    With 40,000 series kept as objects, Python's garbage collector occasionally stops the process for a tenth of a
    second. They are needed once, when an encoder writes their bytes; in order, those of each block are created once.
    """

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._starts: list[int] = []
        self._size = 0
        self._latest: tuple[int, Sequence[Series]] = 0, ()

    def append(self, block: Block) -> None:
        """The series of a block follow all others."""
        self._blocks.append(block)
        self._starts.append(self._size)
        self._size += len(block)

    def __len__(self) -> int:
        """Return how many series there are."""
        return self._size

    @overload
    def __getitem__(self, index: int) -> Series: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Series]: ...
    def __getitem__(self, index: int | slice) -> Series | Sequence[Series]:
        """Return one series, or a list of some."""
        if isinstance(index, slice):
            start, stop, step = index.indices(self._size)
            return self._run(start, stop) if step == 1 else [self[each] for each in range(start, stop, step)]
        start, series = self._latest
        if not start <= index < start + len(series):
            index = range(self._size)[index]
            start, series = self._latest = self._made(index)
        return series[index - start]

    def _run(self, start: int, stop: int) -> list[Series]:
        """Return consecutive series, block by block."""
        return [series for block, first, end in self.blocks(start, stop) for series in block.series[first:end]]

    def blocks(self, start: int, stop: int) -> Iterator[tuple[Block, int, int]]:
        """Yield the blocks of consecutive series, each with the range of its own series that are among them."""
        for position in range(max(0, bisect_right(self._starts, start) - 1), len(self._blocks)):
            begin, block = self._starts[position], self._blocks[position]
            if begin >= stop:
                break
            yield block, max(0, start - begin), min(len(block), stop - begin)

    def _made(self, index: int) -> tuple[int, Sequence[Series]]:
        position = bisect_right(self._starts, index) - 1
        return self._starts[position], self._blocks[position].series


def blocks_between(series: Sequence[Series], start: int, stop: int) -> Iterator[tuple[Block, int, int]]:
    """Yield the blocks of consecutive series as :meth:`SeriesOfBlocks.blocks`; others are blocks of their own."""
    if isinstance(series, SeriesOfBlocks):
        yield from series.blocks(start, stop)
    else:
        yield from ((Cell(one), 0, 1) for one in series[start:stop])


class SeriesTable:
    """All series of a process in one run: those with numbers, and separately those with native histograms."""

    def __init__(self) -> None:
        self.series = SeriesOfBlocks()
        self.histogram_series: list[Series] = []
        self._blocks: list[Block] = []
        self._histogram_blocks: list[HistogramBlock] = []
        self._known = 0
        self._histograms_known = 0
        self._ended: set[int] = set()
        self._silent: frozenset[int] = frozenset()
        self._exemplars: dict[int, Exemplar] = {}
        self._fresh_exemplars: dict[int, Exemplar] = {}

    def __repr__(self) -> str:
        histograms = f" and {len(self.histogram_series)} histograms" if self.histogram_series else ""
        return f"<SeriesTable {len(self.series)} series in {len(self._blocks)} blocks{histograms}>"

    def __len__(self) -> int:
        """Return how many series there are of both kinds."""
        return len(self.series) + len(self.histogram_series)

    def add(self, block: Block) -> None:
        """Append a block; its series follow all others."""
        self._blocks.append(block)
        self.series.append(block)

    def add_histogram(self, block: HistogramBlock) -> None:
        """Append a native histogram; it follows all others."""
        self._histogram_blocks.append(block)
        self.histogram_series.append(block.series)

    def end(self, index: int) -> None:
        """Mark a series as ended: it gets one stale marker, and is then left out.

        A series that was in no snapshot yet is left out at once.
        """
        self._ended.add(index)

    def resume(self, index: int) -> None:
        """Mark a series as having a value."""
        self._ended.discard(index)

    def note_exemplar(self, index: int, exemplar: Exemplar) -> None:
        """Set the exemplar of the series with this index.

        One that is not at least a millisecond newer is ignored: Prometheus answers 400 to some, as out of order.
        """
        last = self._exemplars.get(index)
        if last is None or last.timestamp_ms < exemplar.timestamp_ms:
            self._exemplars[index] = self._fresh_exemplars[index] = exemplar

    def snapshot(self, timestamp_ms: int, previous_ms: int) -> Snapshot:
        """Read every block in one go; nothing else runs meanwhile, so that the values belong together."""
        seen = self.look(timestamp_ms)
        known, self._known = self._known, seen.known
        histograms_known, self._histograms_known = self._histograms_known, seen.histograms_known
        exemplars, self._fresh_exemplars = self._fresh_exemplars, {}
        absent = frozenset(index for index in self._ended if index in self._silent or index >= known)
        self._silent = seen.ended
        return replace(
            seen,
            previous_ms=previous_ms,
            known=known,
            histograms_known=histograms_known,
            exemplars=exemplars,
            absent=absent,
        )

    def look(self, timestamp_ms: int) -> Snapshot:
        """As a snapshot, with the last exemplar of every series and nothing new; does not affect the next snapshot."""
        values: list[float] = []
        for block in self._blocks:
            block.read(values)
        histograms = [block.read() for block in self._histogram_blocks]
        return Snapshot(
            timestamp_ms,
            timestamp_ms,
            self.series,
            values,
            len(values),
            histogram_series=self.histogram_series,
            histograms=histograms,
            histograms_known=len(histograms),
            exemplars=self._exemplars.copy(),
            ended=(ended := frozenset(self._ended)),
            absent=ended,
        )


class Family:
    """The series of one metric, with a :class:`Cell` for each combination of label values."""

    def __init__(self, table: SeriesTable, metric: Metric, *label_names: str, suffix: str = "") -> None:
        self._table = table
        self._metric = metric
        self._names = label_names
        self._suffix = suffix
        self._cells: dict[tuple[str, ...], Cell] = {}

    def cell(self, *label_values: str) -> Cell:
        """Return the cell of these label values; the first call creates it and its series."""
        cell = self._cells.get(label_values)
        if cell is None:
            clean = tuple(map(utf8_text, label_values))
            # Two texts may become the same one, and a series must not be there twice.
            cell = self._cells[label_values] = self._cells.get(clean) or self._new(clean)
        return cell

    def _new(self, label_values: tuple[str, ...]) -> Cell:
        labels: Labels = tuple(zip(self._names, label_values, strict=True))
        cell = self._cells[label_values] = Cell(Series(self._metric, labels, self._suffix))
        self._table.add(cell)
        return cell

    def replace(self, values: dict[str, float]) -> None:
        """Set the cells of a metric with one label; cells missing in ``values`` become 0."""
        for label_value in {key for (key,) in self._cells} - values.keys():
            self.cell(label_value).value = 0
        for label_value, value in values.items():
            self.cell(label_value).value = value
