"""Collectors, and a run that calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from locust_push.core.exemplar import Exemplar
from locust_push.core.labels import RUN_LABELS
from locust_push.core.series import Series
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable
from locust_push.custom.collect import CustomMetrics
from locust_push.custom.entries import Entries
from locust_push.testing import ManualClock


class Scripted:
    """A collector with scripted results."""

    def __init__(self, give: Callable[[], Any]) -> None:
        self.give = give

    def __repr__(self) -> str:
        return "<Scripted>"

    def collect(self) -> Any:
        """Return or raise the result."""
        return self.give()


class Run:
    """The custom metrics of a run, without other parts; ``registry`` outlives it."""

    def __init__(
        self,
        registry: CollectorRegistry | None = None,
        *collectors: Scripted,
        max_series: int = 1000,
        labels: frozenset[str] = RUN_LABELS,
    ) -> None:
        self.clock = ManualClock()
        self.table = SeriesTable()
        self.collectors = list(collectors)
        self.limits: list[float] = []
        registered = registry or CollectorRegistry()
        self.custom = CustomMetrics(
            lambda: [*registered._collector_to_names, *self.collectors],
            Entries(self.table, run_labels=labels, max_series=max_series, wall_clock=self.clock),
            time_limit=self._time_limit,
            performance_clock=self.clock,
        )
        self.custom.begin()

    @contextmanager
    def _time_limit(self, seconds: float) -> Iterator[None]:
        started = self.clock.now
        yield
        if self.clock.now - started > seconds:
            raise TimeoutError

    def tick(self) -> Snapshot:
        """Collect, and take a snapshot a second after the last one."""
        for _ in self.custom.collect():
            pass
        self.clock.now += 1
        now = int(self.clock.now * 1000)
        return self.table.snapshot(now, now - 1000)

    def values(self) -> dict[str, float]:
        """Collect; return the values by series as text."""
        snapshot = self.tick()
        return {text(series): value for series, value in zip(snapshot.series, snapshot.values, strict=True)}

    def exemplars(self) -> dict[str, Exemplar]:
        """Collect; return the new exemplars by series as text."""
        snapshot = self.tick()
        return {text(snapshot.series[index]): exemplar for index, exemplar in snapshot.exemplars.items()}


def text(series: Series) -> str:
    """Return a series as in PromQL."""
    labels = ",".join(f'{name}="{value}"' for name, value in series.labels)
    return f"{series.name}{{{labels}}}" if labels else series.name
