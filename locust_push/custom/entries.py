"""The custom series of a run: decides which samples become series, how many, and when one ends."""

import logging
from collections.abc import Callable, Collection, Iterator
from typing import Any

from locust_push.core.exemplar import Exemplar
from locust_push.core.record import record
from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.table import SeriesTable
from locust_push.core.values import label_text
from locust_push.custom.cells import CounterCell, GaugeCell, SumCell
from locust_push.custom.names import STRUCTURED, label_problem, name_problem, series_of
from locust_push.custom.source import CollectorSource

logger = logging.getLogger(__name__)

_Key = tuple[str, frozenset[tuple[str, str]]]
_WORK = 100
"""Samples between two pauses: a millisecond if all of them are new."""

_WITHIN_GROUP = frozenset({"le", "quantile"})


@record(slots=True)
class _Entry:
    """One series: its value, its place in the table, and who gave it last, in which pass."""

    cell: GaugeCell | CounterCell
    index: int
    source: CollectorSource
    seen: int
    exemplar: Any = None


class Entries:
    """All custom series of one process in one run.

    Attributes:
        max_series: The most series that there may be.
        left_out: How many samples of the current pass exceeded that.
    """

    def __init__(
        self,
        table: SeriesTable,
        *,
        run_labels: Collection[str],
        max_series: int,
        wall_clock: Callable[[], float],
    ) -> None:
        """Keep series in ``table``.

        Args:
            table: Gets the series.
            run_labels: Label names that every series of the run has, which no custom one may have.
            max_series: The most series; a histogram or summary is kept or dropped as a whole.
            wall_clock: Unix seconds, for exemplars without a timestamp.
        """
        self._table = table
        self._run_labels = run_labels
        self.max_series = max_series
        self._wall_clock = wall_clock
        # By what a collector gives, and by what is pushed.
        self._entries: dict[_Key, _Entry] = {}
        self._by_series: dict[_Key, _Entry] = {}
        self._groups: set[_Key] = set()
        self._metrics: dict[str, Metric] = {}
        self._refused: set[str] = set()
        self._pass = 0
        self.left_out = 0

    def __len__(self) -> int:
        return len(self._entries)

    def next_pass(self) -> None:
        """Start a pass."""
        self._pass += 1
        self.left_out = 0

    def take(self, source: CollectorSource, family: Any) -> Iterator[None]:
        """Take the samples of a ``prometheus_client.Metric``, yielding where the caller may pause.

        Raises:
            Exception: It is not a valid metric family; any type.
        """
        if family.name in self._refused:
            return
        # The creation time of a child says nothing about a run, and would be one more series for each.
        created = f"{family.name}_created"
        # No pause within a histogram: a snapshot meanwhile would contain only a part of it.
        ends = family.name, f"{family.name}_total", f"{family.name}_sum"
        work = 0
        for sample in family.samples:
            if sample.name != created:
                self._take_sample(source, family, sample)
                work += 1
            if work >= _WORK and sample.name in ends:
                work = 0
                yield

    def sweep(self, unanswered: Collection[CollectorSource]) -> None:
        """End series that no collector returned in this pass, except those of collectors in ``unanswered``."""
        for entry in self._by_series.values():
            if entry.seen != self._pass and not any(entry.source is source for source in unanswered):
                entry.cell.vanish()
                if isinstance(entry.cell, GaugeCell):
                    self._table.end(entry.index)

    def _take_sample(self, source: CollectorSource, family: Any, sample: Any) -> None:
        try:
            value = float(sample.value)
        except (TypeError, ValueError):
            source.warn("value", f"gives {sample.name}{sample.labels} = {sample.value!r}, which is not a number")
            return
        key = sample.name, frozenset(sample.labels.items())
        entry = self._entries.get(key) or self._admit(source, family, sample, key)
        if entry is None:
            return
        if entry.seen == self._pass:
            source.warn("twice", f"returns {sample.name}{sample.labels} twice; it is counted once")
            return
        if entry.source is not source:
            # Unregistered, and created again with the same name: the new one started at 0.
            entry.cell.vanish()
        entry.seen, entry.source = self._pass, source
        (entry.cell.take if source.begun else entry.cell.begin)(value)
        self._table.resume(entry.index)
        if sample.exemplar is not None and sample.exemplar != entry.exemplar:
            self._take_exemplar(source, entry, sample.exemplar)

    def _take_exemplar(self, source: CollectorSource, entry: _Entry, given: Any) -> None:
        entry.exemplar = given
        if source.begun:
            seconds = self._wall_clock() if given.timestamp is None else float(given.timestamp)
            labels = tuple((name, label_text(value)) for name, value in given.labels.items())
            self._table.note_exemplar(entry.index, Exemplar(labels, float(given.value), int(seconds * 1000)))

    def _admit(self, source: CollectorSource, family: Any, sample: Any, key: _Key) -> _Entry | None:
        """Return a new entry, or None if the run cannot have it."""
        if len(self._entries) >= self.max_series and family.type not in STRUCTURED:
            self.left_out += 1
            return None
        series = series_of(family, sample)
        # Different texts may become the same one, and an empty label is no label: the first one is used.
        clean = series.name, frozenset(label for label in series.labels if label[1])
        if known := self._by_series.get(clean):
            self._entries[key] = known
            return known
        # One TYPE and one HELP for a name, also across collectors.
        metric = self._metrics.setdefault(series.metric.name, series.metric)
        if problem := self._problem(series, metric):
            self._refuse(family.name, problem)
            return None
        if not self._has_room(series):
            self.left_out += 1
            return None
        cell = self._cell(Series(metric, series.labels, series.suffix), key)
        entry = self._entries[key] = self._by_series[clean] = _Entry(
            cell, len(self._table.series), source, self._pass - 1
        )
        self._table.add(cell)
        return entry

    def _problem(self, series: Series, metric: Metric) -> str | None:
        if metric.type is not series.metric.type:
            return f"is a {series.metric.type} here and a {metric.type} elsewhere"
        names = [name for name, _ in series.labels]
        return name_problem(series.metric.name) or name_problem(series.name) or label_problem(names, self._run_labels)

    def _refuse(self, name: str, problem: str) -> None:
        self._refused.add(name)
        logger.error("locust-push: the metric %s %s; it is not pushed: rename it", name, problem)

    def _has_room(self, series: Series) -> bool:
        """Return whether the series may be added; further ones of a known histogram always may."""
        group = series.metric.name, frozenset(label for label in series.labels if label[0] not in _WITHIN_GROUP)
        if group not in self._groups and len(self._entries) >= self.max_series:
            return False
        self._groups.add(group)
        return True

    def _cell(self, series: Series, key: _Key) -> GaugeCell | CounterCell:
        kind = series.metric.type
        if kind is MetricType.GAUGE or (kind is MetricType.SUMMARY and not series.suffix):
            return GaugeCell(series)
        if series.suffix == "_sum":
            count = self._entries.get((f"{series.metric.name}_count", key[1]))
            if count is not None and isinstance(count.cell, CounterCell):
                return SumCell(series, count.cell)
        return CounterCell(series)
