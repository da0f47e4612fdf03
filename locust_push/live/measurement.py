"""The measurements of one process in one run: its own requests, its workers', and the locustfile's own metrics."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from locust_push.config.values import PushFrom
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable
from locust_push.core.window import Listener, Rates, Window
from locust_push.custom.collect import CustomMetrics
from locust_push.custom.entries import Entries
from locust_push.custom.registry import registered_collectors
from locust_push.live.greenlets import time_limit
from locust_push.live.run_description import Role
from locust_push.live.worker_link import MasterUpdates, WorkerUpdates
from locust_push.options.settings import Settings
from locust_push.outputs.registry import destination_of

WINDOW = 10.0
"""Length of the window of run-wide rates in seconds; one tick if that is longer."""

REPORT_DELAY = 0.75
"""Seconds by which a report may be late without affecting the run-wide rates; a third of it is for preparation."""

Acknowledge = Callable[[str, Mapping[str, Any]], None]
"""Sends a master's answer to a worker, given by its client ID."""


class Measurement:
    """The series of one process in one run, and the sources of their values.

    Attributes:
        table: The series that are pushed.
        recorder: Records this process's requests; None in a master, which makes none, and if nothing is pushed.
        merged: Holds the requests of the whole run, pushed or not, as far as this process knows them.
        window: The last seconds of the run.
        updates: The reports of a worker to its master; None elsewhere.
        from_workers: The reports that a master receives from its workers; None elsewhere.
        at_risk: Seconds of a worker's requests that are lost if it is killed: the time since its last push, or report.
        custom: The locustfile's own metrics.
        forms: The histogram forms that are pushed.
    """

    def __init__(
        self,
        settings: Settings,
        role: Role,
        run_id: str,
        run_labels: set[str],
        *,
        report_interval: float,
        acknowledge: Acknowledge,
        listener: Listener | None = None,
    ) -> None:
        """Prepare to measure; nothing is recorded yet.

        Args:
            settings: Of this process.
            role: What it is.
            run_id: Of the run.
            run_labels: Names of the labels of every series.
            report_interval: Seconds from one report of a worker to the next.
            acknowledge: Answers a worker's report.
            listener: Called with the requests of each process, report by report.
        """
        self._settings = settings
        self._role = role
        self.table = SeriesTable()
        self.forms = histogram_forms(settings)
        pushes = role is Role.WORKER or bool(settings.targets)
        # A run that is only scraped has no request listener, and so not its cost.
        self.recorder = self._recorder(self.table) if role.makes_requests and pushes else None
        local = self.recorder if role is Role.LOCAL else None
        self._merged_table = self.table if local or self.pushes_for_workers else SeriesTable()
        self.merged = local or self._recorder(self._merged_table)
        self.at_risk = report_interval if self.pushes_for_workers else settings.interval
        delay = report_interval + REPORT_DELAY if role is Role.MASTER else 0.0
        self._observed = time.monotonic()
        self.window = Window(max(WINDOW, settings.interval), begin=self._observed, delay=delay, also=listener)
        self.updates = self._worker_updates(run_id) if role is Role.WORKER else None
        self.from_workers = self._master_updates(run_id, acknowledge) if role is Role.MASTER else None
        self.custom = self._custom_metrics(run_labels)

    @property
    def pushes_for_workers(self) -> bool:
        """Whether this master pushes what its workers recorded."""
        return self._role is Role.MASTER and self._settings.push_from is PushFrom.MASTER

    @property
    def counted(self) -> Recorder | None:
        """The recorder whose requests this process pushes, if it pushes any."""
        return self.merged if self.pushes_for_workers else self.recorder

    @property
    def sources(self) -> list[Callable[[], Iterator[None]]]:
        """The functions that update the table before a snapshot.

        The recorder last: a collector may let users run, whose requests belong to the same snapshot.
        """
        return [self.custom.collect, *([self.counted.drain] if self.counted else [])]

    @property
    def tables(self) -> list[SeriesTable]:
        """All data about the run in this process."""
        return [self.table] if self._merged_table is self.table else [self.table, self._merged_table]

    def observe(self) -> None:
        """Update the window; without workers it contains this process's own recent requests."""
        if self._role is Role.LOCAL:
            now = time.monotonic()
            self.window.add(Role.LOCAL, self.merged.take_totals(), self._observed, now)
            self._observed = now

    def rates(self, shares: Sequence[float]) -> Rates:
        """Return rates and percentiles of the last seconds."""
        return self.window.rates(time.monotonic(), shares)

    def prepare_update(self) -> Iterator[None]:
        """Update the contents of the next report to the master."""
        if self.recorder and self.updates:
            yield from self.recorder.drain()
            yield from self.updates.prepare()

    def push_classic(self) -> None:
        """Push classic buckets as well from the next tick on, to every URL; they include everything since the start."""
        self.forms.classic = True

    def _recorder(self, table: SeriesTable) -> Recorder:
        by_name = self._role is Role.WORKER
        return Recorder(table, forms=self.forms, max_names=self._settings.max_names, recent_by_name=by_name)

    def _worker_updates(self, run_id: str) -> WorkerUpdates | None:
        if self.recorder is None:
            return None
        return WorkerUpdates(run_id, self._settings.instance, self.recorder, monotonic=time.monotonic, wall=time.time)

    def _master_updates(self, run_id: str, acknowledge: Acknowledge) -> MasterUpdates:
        return MasterUpdates(
            run_id,
            self.merged,
            self.window,
            max_skew=self._settings.interval,
            monotonic=time.monotonic,
            wall=time.time,
            acknowledge=acknowledge,
            workers_push=not self.pushes_for_workers,
        )

    def _custom_metrics(self, run_labels: set[str]) -> CustomMetrics:
        entries = Entries(
            self.table, run_labels=run_labels, max_series=self._settings.max_custom_series, wall_clock=time.time
        )
        return CustomMetrics(
            lambda: registered_collectors(process_metrics=self._settings.process_metrics),
            entries,
            time_limit=time_limit,
            performance_clock=time.perf_counter,
        )


def histogram_forms(settings: Settings) -> HistogramForms:
    """The configured forms; and classic buckets if readers of a destination may not support native histograms."""
    form = settings.histogram
    classic = form.has_classic or any(destination_of(target.protocol).needs_classic for target in settings.targets)
    return HistogramForms(settings.buckets, classic, settings.native_schema if form.has_native else None)
