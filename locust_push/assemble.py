"""Putting a run together in one process: from settings and a Locust environment to an agent that is ready to start."""

import hashlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from locust_push import gauges
from locust_push.agent import Agent, new_event, time_limit
from locust_push.core import metrics
from locust_push.core.recorder import Recorder
from locust_push.core.series import Labels
from locust_push.core.table import Family, SeriesTable
from locust_push.core.window import Window
from locust_push.delivery.backoff import Backoff
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.ledger import DELIVERED, Ledger
from locust_push.delivery.leftovers import find_leftovers, replay_command
from locust_push.delivery.segment_file import file_stem
from locust_push.delivery.sender import Sender
from locust_push.delivery.spool import Spool
from locust_push.grafana import RunLinks
from locust_push.pipeline import Outlet, Pipeline
from locust_push.reports import MasterReports, WorkerReports
from locust_push.settings import Protocol, PushFrom, Settings, Target
from locust_push.sinks import Sink
from locust_push.sinks.archive import ArchiveSink
from locust_push.sinks.pushgateway import PushgatewaySink, Retention, grouping_path
from locust_push.sinks.remote_write import RemoteWriteSink
from locust_push.summary import read_summary, write_summary
from locust_push.timeline import Timeline
from locust_push.urls import public_url
from locust_push.wire.exposition import TextEncoder
from locust_push.wire.remote_write_v1 import RemoteWriteEncoder

logger = logging.getLogger(__name__)

MAX_SPREAD = 1.0
"""Seconds over which the processes of a run spread their pushes; at most a tenth of the interval."""


WINDOW = 10.0
"""Seconds that the run-wide rates look back; or one tick, where that is longer."""

Acknowledge = Callable[[str, Mapping[str, Any]], None]


class Role(StrEnum):
    """What a process is in a run."""

    LOCAL = "local"
    MASTER = "master"
    WORKER = "worker"

    @property
    def makes_requests(self) -> bool:
        """Whether users run in it."""
        return self is not Role.MASTER

    @property
    def speaks_for_run(self) -> bool:
        """Whether it knows, and pushes, what holds for the run as a whole."""
        return self is not Role.WORKER


@dataclass(slots=True)
class RunDescription:
    """What is known of a run as a whole, beside its measurements.

    Attributes:
        run_id: The label ``run_id``.
        info: Labels of ``locust_run_info``; empty in a worker.
        start_time: Unix seconds.
        end_time: Unix seconds; None while it is going on.
        spawned_time: When all users were first running, Unix seconds; None before.
    """

    run_id: str
    info: Labels
    start_time: float
    end_time: float | None = None
    spawned_time: float | None = None


class ActiveRun:
    """One run in one process: what listens to Locust's events, and the agent that pushes.

    Attributes:
        description: The run as a whole.
        settings: Of this process.
        recorder: Records this process's requests; None in a master, which makes none.
        agent: Ticks and delivers.
        reports: What a worker tells its master; None elsewhere.
        worker_reports: What a master hears from its workers; None elsewhere.
    """

    def __init__(
        self,
        settings: Settings,
        role: Role,
        environment: Any,
        description: RunDescription,
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
            report_interval: Seconds from one report of a worker to the next.
            acknowledge: Sends a master's answer to a worker, by its client ID.
        """
        self.description = description
        self.settings = settings
        self._role = role
        self._environment = environment
        self._overflow_warned = False
        self._table = SeriesTable()
        self.recorder = self._recorder(self._table) if role.makes_requests else None
        self._merged = self._recorder(self._table if self._pushes_for_workers else SeriesTable())
        if role is Role.LOCAL and self.recorder:
            self._merged = self.recorder
        self._window = Window(max(WINDOW, settings.interval), delay=report_interval if role is Role.MASTER else 0.0)
        self._observed = time.monotonic()
        self.reports = self._worker_reports() if role is Role.WORKER else None
        self.worker_reports = self._master_reports(acknowledge) if role is Role.MASTER else None
        self._outlets = [self._outlet(target) for target in self._targets]
        self._pipeline, self.agent = self._pipeline_and_agent()

    def __repr__(self) -> str:
        return f"<ActiveRun {self.description.run_id} {self._role} {self.agent!r}>"

    def start(self) -> None:
        """Start pushing, and say so."""
        self._mention_leftovers()
        self.agent.start()
        run_id = self.description.run_id
        if self._targets:
            places = ", ".join(f"{target.url} ({target.protocol})" for target in self._targets)
            logger.info("locust-push: run %s: pushing to %s every %g s", run_id, places, self.settings.interval)
        else:
            logger.info("locust-push: run %s: reporting to the master, which pushes", run_id)
        self._tell_links()

    def finish(self) -> None:
        """Take the last snapshot and begin the flush."""
        self.agent.finish(self._end)
        if self.reports:
            self.reports.finish()

    def receive(self, client_id: str, report: Mapping[str, Any]) -> None:
        """Take in a worker's report."""
        if self.worker_reports:
            self.worker_reports.receive(client_id, report)

    def complete(self, expected: set[str]) -> bool:
        """Whether all of these workers have sent their last report; those that never sent one are not waited for."""
        if self.worker_reports is None:
            return True
        return self.worker_reports.complete(expected & self.worker_reports.workers.keys())

    def before_next_report(self, seconds: float) -> None:
        """Bring up to date, in so many seconds, what the next report to the master will tell."""
        self.agent.drain_later(seconds)

    def finish_later(self, seconds: float) -> None:
        """Finish after so many seconds, unless that is done before."""
        self.agent.finish_later(seconds, self._end)

    @property
    def _pushes_for_workers(self) -> bool:
        return self._role is Role.MASTER and self.settings.push_from is PushFrom.MASTER

    @property
    def _targets(self) -> tuple[Target, ...]:
        left_to_master = self._role is Role.WORKER and self.settings.push_from is PushFrom.MASTER
        return () if left_to_master else self.settings.targets

    def _recorder(self, table: SeriesTable) -> Recorder:
        return Recorder(table, buckets=self.settings.buckets, max_names=self.settings.max_names)

    def _worker_reports(self) -> WorkerReports | None:
        if self.recorder is None:
            return None
        return WorkerReports(self.description.run_id, self.recorder, monotonic=time.monotonic, wall=time.time)

    def _master_reports(self, acknowledge: Acknowledge) -> MasterReports:
        return MasterReports(
            self.description.run_id,
            self._merged,
            self._window,
            max_skew=self.settings.interval,
            monotonic=time.monotonic,
            wall=time.time,
            acknowledge=acknowledge,
        )

    def _pipeline_and_agent(self) -> tuple[Pipeline, Agent]:
        settings = self.settings
        timeline = Timeline(settings.interval, wall=time.time, monotonic=time.monotonic)
        pipeline = Pipeline(
            self._table,
            self.recorder,
            self._outlets,
            self._collectors(),
            timeline,
            spread=lambda: random.uniform(0, min(MAX_SPREAD, settings.interval / 10)),  # noqa: S311  # no secret
            performance_clock=time.perf_counter,
        )
        senders = [outlet.sender for outlet in self._outlets]
        agent = Agent(pipeline, timeline, senders, flush_timeout=settings.flush_timeout, closed=self._closed)
        return pipeline, agent

    def _collectors(self) -> list[gauges.Collect]:
        table, runner = self._table, self._environment.runner
        counted = self._merged if self._pushes_for_workers else self.recorder
        collectors = [gauges.push_gauges(table, counted, self._outlets), self._warn_of_overflow]
        if self._role.makes_requests:
            collectors.append(gauges.process_gauges(table, runner))
        if self._pushes_for_workers:
            collectors.append(gauges.workers_process_gauges(table, runner))
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
        collectors = [
            self._observe,
            gauges.rate_gauges(table, self._window, time.monotonic),
            gauges.user_gauges(table, self._environment.runner),
            self._note_spawning,
        ]
        if self.worker_reports:
            reports = self.worker_reports
            skew = gauges.clock_skew_gauge(table, metrics.WORKERS_CLOCK_SKEW, lambda: reports.largest_clock_skew)
            collectors.append(skew)
        return collectors

    def _observe(self) -> None:
        """Without workers this process's own recent requests are the window's."""
        if self._role is Role.LOCAL:
            now = time.monotonic()
            self._window.add(self._merged.take_recent(), self._observed, now)
            self._observed = now

    def _note_spawning(self) -> None:
        if self.description.spawned_time is not None:
            Family(self._table, metrics.RUN_SPAWNING_COMPLETE).cell().value = self.description.spawned_time

    def _outlet(self, target: Target) -> Outlet:
        sink = self._sink(target)
        sender = Sender(
            sink,
            limit_bytes=self.settings.buffer_bytes,
            spool=self._spool(target),
            backoff=Backoff(random.random),
            wake=new_event(),
            monotonic=time.monotonic,
            wall_clock=time.time,
        )
        return Outlet(sink, sender)

    def _sink(self, target: Target) -> Sink:
        settings, run_id = self.settings, self.description.run_id
        identity: Labels = (("job", settings.job), ("instance", settings.instance), ("run_id", run_id))
        labels = (*identity, *settings.labels)
        if target.protocol is Protocol.ARCHIVE:
            return ArchiveSink(
                target.url,
                target.directory,
                run_id=run_id,
                instance=settings.instance,
                common_labels=labels,
                describe=self._describe if self._role.speaks_for_run else None,
            )
        transport = HttpTransport(settings.endpoint(target), time_limit, time.time)
        if target.protocol is Protocol.PUSHGATEWAY:
            return PushgatewaySink(
                target.url,
                grouping_path(settings.job, run_id, settings.instance),
                transport=transport,
                encoder=TextEncoder(settings.labels),
                retention=self._retention(),
            )
        return RemoteWriteSink(target.url, transport=transport, encoder=RemoteWriteEncoder(labels))

    def _spool(self, target: Target) -> Spool | None:
        """A folder that no other process, run or URL uses."""
        settings, run_id = self.settings, self.description.run_id
        if settings.spool is None:
            return None
        place = hashlib.blake2s(target.url.encode(), digest_size=4).hexdigest()
        about = {
            "format": 1,
            "url": public_url(target.url),
            "protocol": str(target.protocol),
            "job": settings.job,
            "run_id": run_id,
            "instance": settings.instance,
        }
        return Spool(settings.spool / run_id / f"{file_stem(settings.instance)}.{place}", about)

    def _retention(self) -> Retention | None:
        """Old groups are one process's business, and it must be the one that exists once."""
        seconds = self.settings.gateway_retention
        if not seconds or not self._role.speaks_for_run:
            return None
        return Retention(self.settings.job, seconds, time.time)

    def _describe(self) -> Mapping[str, Any]:
        description = self.description
        return {
            "format": 1,
            "run_id": description.run_id,
            "job": self.settings.job,
            "start_time": description.start_time,
            "end_time": description.end_time,
            "interval": self.settings.interval,
            "labels": dict(self.settings.labels),
            "info": dict(description.info),
        }

    def _end(self) -> None:
        if self._role.speaks_for_run:
            description = self.description
            end_time = description.end_time = description.end_time or time.time()
            summary = read_summary(self._merged, end_time - description.start_time)
            write_summary(self._table, summary, end_time=end_time)
            Family(self._table, metrics.RUN_EXIT_CODE).cell().value = exit_code(self._environment)

    def _mention_leftovers(self) -> None:
        """Once per run: of all processes, the one that people look at."""
        if self._role.speaks_for_run and self.settings.spool and (found := find_leftovers(self.settings.spool)):
            # With several URLs it is not ours to say which of them lacks the data; each spool.json does.
            urls = [target.url for target in self.settings.targets]
            logger.warning("locust-push: %s", found.line(urls[0] if len(urls) == 1 else "URL"))

    def _warn_of_overflow(self) -> None:
        if self.recorder and self.recorder.overflow_example is not None and not self._overflow_warned:
            self._overflow_warned = True
            logger.warning(
                "locust-push: more than %d names; %r and all further ones are counted as __overflow__. Group them with "
                "the name argument of the request, or raise --push-max-names",
                self.settings.max_names,
                self.recorder.overflow_example,
            )

    def _tell_links(self) -> None:
        """Say where the run is to be seen, once per run, not per process."""
        if self.settings.grafana_url and self._role.speaks_for_run:
            about = self.description
            links = RunLinks(self.settings.grafana_url, about.run_id, about.start_time, about.end_time)
            logger.info("locust-push: run %s: dashboard: %s", about.run_id, links.live)
            logger.info("locust-push: run %s: compare with another run: %s", about.run_id, links.compare)

    def _closed(self) -> None:
        for outlet in self._outlets:
            outlet.sink.close()
            logger.log(*last_line(self.description.run_id, outlet, self.settings.spool))
        self._tell_links()


def exit_code(environment: Any) -> int:
    """Locust's exit code by its own rule, as things stand."""
    if environment.process_exit_code is not None:
        return int(environment.process_exit_code)
    runner = environment.runner
    return int(environment.parsed_options.exit_code_on_error) if runner.errors or runner.exceptions else 0


def last_line(run_id: str, outlet: Outlet, spool: Path | None) -> tuple[int, str]:
    """Log level and text of what came of a run at one URL."""
    ledger, on_disk = outlet.sender.ledger, outlet.sender.spooled_samples
    text = (
        f"locust-push: run {run_id}: {outlet.sink.url}: delivered {ledger.samples[DELIVERED]:,} samples "
        f"in {ledger.requests[DELIVERED]:,} requests, {ledger.retries:,} retries; {losses(ledger)}"
    )
    if on_disk and spool:
        text += (
            f"; {on_disk:,} samples are undelivered in {spool / run_id}, deliver them with: "
            f"{replay_command(spool / run_id, outlet.sink.url)}"
        )
    return logging.WARNING if outlet.sender.undelivered_samples else logging.INFO, text


def losses(ledger: Ledger) -> str:
    """What was lost, by reason."""
    lost = ledger.lost_by_reason()
    if not lost:
        return "nothing lost"
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(lost.items()))
    return f"{sum(lost.values()):,} samples lost ({reasons})"
