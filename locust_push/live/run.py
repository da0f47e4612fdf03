"""One run in one process: from settings and a Locust environment to an agent that pushes, and to the end of the run."""

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locust_push.config.targets import Protocol
from locust_push.config.values import PushFrom
from locust_push.core import metrics
from locust_push.core.durations import HistogramForms
from locust_push.core.labels import INSTANCE, JOB, RUN_ID
from locust_push.core.recorder import Recorder
from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import Family, SeriesTable
from locust_push.core.window import Rates, Window
from locust_push.custom.collect import CustomMetrics
from locust_push.custom.entries import Entries
from locust_push.custom.registry import registered_collectors
from locust_push.live import gauges
from locust_push.live.agent import Agent
from locust_push.live.announcements import Announcements
from locust_push.live.greenlets import time_limit
from locust_push.live.log_lines import (
    OverflowWarning,
    log_end,
    log_start,
    warn_of_custom_metrics,
    warn_of_leftovers,
    warn_of_lost_workers,
)
from locust_push.live.outlets import Outlets
from locust_push.live.pipeline import Pipeline
from locust_push.live.results import judge_and_report, results
from locust_push.live.run_claim import ask_whether_used
from locust_push.live.run_description import Role, RunDescription, exit_code
from locust_push.live.run_record import RunRecord
from locust_push.live.run_totals import run_totals, write_run_totals
from locust_push.live.timeline import Timeline
from locust_push.live.worker_link import MasterUpdates, WorkerUpdates
from locust_push.notify.channels import Channel
from locust_push.options.settings import Settings

if TYPE_CHECKING:
    from locust_push.results.model import RunResults

MAX_SPREAD = 1.0
"""Seconds over which the processes of a run spread their pushes; at most a tenth of the interval."""

WINDOW = 10.0
"""Seconds that the run-wide rates look back; or one tick, where that is longer."""

REPORT_DELAY = 0.75
"""Seconds by which a report may come late without a dent in the run-wide rates; a third of it is preparation."""

Acknowledge = Callable[[str, Mapping[str, Any]], None]


class ActiveRun:
    """One run in one process: what listens to Locust's events, and the agent that pushes.

    Attributes:
        description: The run as a whole.
        settings: Of this process.
        recorder: Records this process's requests; None in a master, which makes none.
        agent: Ticks and delivers.
        reports: What a worker tells its master; None elsewhere.
        worker_reports: What a master hears from its workers; None elsewhere.
        gate_met: Whether the run met its gates; None before its end, and where there is none.
    """

    def __init__(
        self,
        settings: Settings,
        role: Role,
        environment: Any,
        description: RunDescription,
        channels: Sequence[Channel] = (),
        *,
        report_interval: float,
        acknowledge: Acknowledge,
    ) -> None:
        """Assemble; nothing is started yet.

        Args:
            settings: Of this process.
            role: What it is.
            environment: Locust's.
            description: What is known of the run.
            channels: Are told of its end.
            report_interval: Seconds from one report of a worker to the next.
            acknowledge: Sends a master's answer to a worker, by its client ID.
        """
        self.description = description
        self.settings = settings
        self._role = role
        self._environment = environment
        grafana_url = settings.grafana_url if role.speaks_for_run else None
        self._announcements = Announcements(description, grafana_url, channels)
        self._overtaken = False
        self.gate_met: bool | None = None
        self._record = RunRecord() if role.speaks_for_run and settings.reports else None
        self._table = SeriesTable()
        self._spawned = Family(self._table, metrics.RUN_SPAWNING_COMPLETE)
        self._forms = histogram_forms(settings)
        # Who is only scraped gets no request listener: the cost is for those who asked for it.
        self.recorder = self._recorder(self._table) if role.makes_requests and self.pushes else None
        # What the run as a whole recorded, pushed or not.
        local = self.recorder if role is Role.LOCAL else None
        self._merged_table = self._table if local or self._pushes_for_workers else SeriesTable()
        self._merged = local or self._recorder(self._merged_table)
        delay = report_interval + REPORT_DELAY if role is Role.MASTER else 0.0
        self._window = Window(max(WINDOW, settings.interval), delay=delay)
        self._observed = time.monotonic()
        self.reports = self._worker_reports() if role is Role.WORKER else None
        self.worker_reports = self._master_reports(acknowledge) if role is Role.MASTER else None
        self._custom = self._custom_metrics()
        self._outlets = [*map(self._new_outlets().open, settings.targets)]
        timeline = Timeline(settings.interval, wall=time.time, monotonic=time.monotonic)
        self._pipeline = self._new_pipeline(timeline)
        self.agent = Agent(
            self._pipeline,
            timeline,
            [outlet.sender for outlet in self._outlets],
            flush_timeout=settings.flush_timeout,
            closed=self._closed,
        )

    def __repr__(self) -> str:
        return f"<ActiveRun {self.description.run_id} {self._role} {self.agent!r}>"

    @property
    def labels(self) -> Labels:
        """Labels of every series of this process."""
        settings = self.settings
        identity = (JOB, settings.job), (INSTANCE, settings.instance), (RUN_ID, self.description.run_id)
        return (*identity, *settings.labels)

    @property
    def pushes(self) -> bool:
        """Whether what happens here is pushed, be it by the master; else the run is only there to be scraped."""
        return self._role is Role.WORKER or bool(self.settings.targets)

    def start(self) -> None:
        """Start pushing, and say so; before any user has started."""
        self._custom.begin()
        if not self.pushes:
            return
        # Of all processes, the one that people look at.
        if self._role.speaks_for_run:
            warn_of_leftovers(self.settings)
        self.agent.start()
        log_start(self.description.run_id, self.settings)
        if not self.settings.targets and registered_collectors(process_metrics=False):
            warn_of_custom_metrics()
        self._announcements.log_links()
        if self._role.speaks_for_run:
            self.agent.later(0.0, lambda: ask_whether_used(self.settings, self.description, time_limit))

    def finish(self) -> None:
        """Take the last snapshot and begin the flush."""
        self.agent.finish(self._end)
        if self.reports:
            self.reports.finish()

    def end(self, end_time: float) -> None:
        """The run is over, Unix seconds; what its last requests were may still be on its way."""
        self.description.end_time = end_time
        self.description.exit_code = exit_code(self._environment)
        if self.worker_reports:
            self.worker_reports.end()

    @property
    def complete(self) -> bool:
        """Whether all that happened in the run is known here: a master may still wait for its workers."""
        return self.worker_reports is None or self.worker_reports.complete

    def overtaken(self) -> None:
        """The next run has begun: from now on Locust's own objects tell of that one."""
        self._overtaken = True

    def before_next_report(self, seconds: float) -> None:
        """Bring up to date, in so many seconds, what the next report to the master will tell."""
        self.agent.later(seconds, self._prepare_report)

    def _prepare_report(self) -> Iterator[None]:
        if self.recorder and self.reports:
            yield from self.recorder.drain()
            yield from self.reports.prepare()

    def finish_later(self, seconds: float) -> None:
        """Finish after so many seconds, unless that is done before."""
        self.agent.finish_later(seconds, self._end)

    @property
    def _pushes_for_workers(self) -> bool:
        return self._role is Role.MASTER and self.settings.push_from is PushFrom.MASTER

    @property
    def _counted(self) -> Recorder | None:
        """The recorder whose requests this process pushes, if it pushes any."""
        return self._merged if self._pushes_for_workers else self.recorder

    def _until_overtaken(self, collect: gauges.Collect) -> gauges.Collect:
        return lambda: None if self._overtaken else collect()

    def _recorder(self, table: SeriesTable) -> Recorder:
        told = self._role is Role.WORKER
        return Recorder(table, forms=self._forms, max_names=self.settings.max_names, recent_by_name=told)

    def _worker_reports(self) -> WorkerUpdates | None:
        if self.recorder is None:
            return None
        run_id, instance = self.description.run_id, self.settings.instance
        return WorkerUpdates(run_id, instance, self.recorder, monotonic=time.monotonic, wall=time.time)

    def _master_reports(self, acknowledge: Acknowledge) -> MasterUpdates:
        return MasterUpdates(
            self.description.run_id,
            self._merged,
            self._window,
            max_skew=self.settings.interval,
            monotonic=time.monotonic,
            wall=time.time,
            acknowledge=acknowledge,
        )

    def look(self) -> Generator[float, None, Snapshot]:
        """What a push of now would hold, in steps; after the run what the last one held."""
        return self._pipeline.look()

    def _new_pipeline(self, timeline: Timeline) -> Pipeline:
        interval, counted = self.settings.interval, self._counted
        return Pipeline(
            self._table,
            # The recorder last: a collector may let users run, whose requests belong to the same snapshot.
            [self._custom.collect, *([counted.drain] if counted else [])],
            self._outlets,
            self._collectors(),
            timeline,
            spread=lambda: random.uniform(0, min(MAX_SPREAD, interval / 10)),  # noqa: S311  # no secret
            performance_clock=time.perf_counter,
            observers=[self._record.observe] if self._record else [],
        )

    def _custom_metrics(self) -> CustomMetrics:
        settings = self.settings
        entries = Entries(
            self._table,
            run_labels={name for name, _ in self.labels},
            max_series=settings.max_custom_series,
            wall_clock=time.time,
        )
        return CustomMetrics(
            lambda: registered_collectors(process_metrics=settings.process_metrics),
            entries,
            time_limit=time_limit,
            performance_clock=time.perf_counter,
        )

    def _collectors(self) -> list[gauges.Collect]:
        table, runner = self._table, self._environment.runner
        collectors = [gauges.push_gauges(table, self._counted, self._outlets)]
        collectors.append(OverflowWarning(self._counted, self.settings.max_names))
        collectors.append(gauges.custom_gauges(table, self._custom))
        if self._role.makes_requests:
            collectors.append(
                gauges.process_gauges(table, runner, cpu_clock=time.process_time, monotonic=time.monotonic)
            )
        if self._pushes_for_workers:
            collectors.append(self._until_overtaken(gauges.workers_process_gauges(table, runner)))
        if self._role.speaks_for_run:
            collectors += self._run_collectors()
        if self.reports:
            reports = self.reports
            collectors.append(gauges.clock_skew_gauge(table, metrics.PROCESS_CLOCK_SKEW, lambda: reports.clock_skew))
        return collectors

    def _run_collectors(self) -> list[gauges.Collect]:
        """What holds for the run as a whole."""
        table = self._table
        gauges.run_identity(table, self.description.info, self.description.start_time)
        users = gauges.master_gauges if self._role is Role.MASTER else gauges.user_gauges
        collectors = [
            self._observe,
            gauges.rate_gauges(table, self._rates),
            self._until_overtaken(users(table, self._environment.runner)),
            self._note_spawning,
        ]
        if self.worker_reports:
            reports = self.worker_reports
            skew = gauges.clock_skew_gauge(table, metrics.WORKERS_CLOCK_SKEW, lambda: reports.largest_clock_skew)
            collectors.append(skew)
        return collectors

    def _rates(self, shares: Sequence[float]) -> Rates:
        if not self.pushes:
            return gauges.locust_rates(self._environment.stats, shares)
        return self._window.rates(time.monotonic(), shares)

    def _observe(self) -> None:
        """Without workers this process's own recent requests are the window's."""
        if self._role is Role.LOCAL:
            now = time.monotonic()
            self._window.add(self._merged.take_totals(), self._observed, now)
            self._observed = now

    def _note_spawning(self) -> None:
        if self.description.spawned_time is not None:
            self._spawned.cell().value = self.description.spawned_time

    def _new_outlets(self) -> Outlets:
        return Outlets(
            self.settings,
            self.description,
            self.labels,
            speaks_for_run=self._role.speaks_for_run,
            on_native_refused=self._push_classic,
        )

    def _push_classic(self) -> None:
        """Push classic buckets as well from the next tick on, to every URL; they hold all since the start."""
        self._forms.classic = True

    def results(self) -> "RunResults":
        """Return what came of the run, by what this process has in memory."""
        tables = {id(table): table for table in (self._table, self._merged_table)}
        return results(self.settings, self.description, tables.values(), self._record)

    def _end(self) -> None:
        if self._role.speaks_for_run:
            description = self.description
            end_time = description.end_time = description.end_time or time.time()
            Family(self._table, metrics.RUN_END).cell().value = end_time
            # Failures that came with the last reports count, those of the next run do not.
            known = description.exit_code
            code = known if self._overtaken and known is not None else exit_code(self._environment)
            Family(self._table, metrics.RUN_EXIT_CODE).cell().value = code
            if self.pushes:
                seconds = end_time - description.start_time
                summary = run_totals(self._merged, seconds)
                write_run_totals(self._table, summary)
                passed = None if not code and self.settings.gates else not code
                # That takes no longer than the flush, at whose end what is untold is given up.
                for telling in self._announcements.of_the_end(summary, seconds, passed=passed):
                    self.agent.alongside(telling)
        if self._role is Role.MASTER:
            lost = gauges.lost_workers(self._environment.runner)
            warn_of_lost_workers(self.description.run_id, lost, self.settings.interval)

    def _closed(self) -> None:
        self._announcements.warn_of_untold()
        for outlet in self._outlets:
            outlet.sink.close()
        log_end(self.description.run_id, self._outlets, self.settings.spool)
        if self._role.speaks_for_run and (self.settings.gates or self.settings.reports):
            self.gate_met = judge_and_report(self.settings, self.results())
        self._announcements.log_links()


def histogram_forms(settings: Settings) -> HistogramForms:
    """What is asked for; and classic buckets for a Pushgateway, whose scrapers may not know native histograms."""
    form = settings.histogram
    classic = form.has_classic or any(target.protocol is Protocol.PUSHGATEWAY for target in settings.targets)
    return HistogramForms(settings.buckets, classic, settings.native_schema if form.has_native else None)
