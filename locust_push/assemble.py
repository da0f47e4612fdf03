"""Putting a run together in one process: from settings and a Locust environment to an agent that is ready to start."""

import hashlib
import logging
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust_push import gauges
from locust_push.agent import Agent, new_event, time_limit
from locust_push.core import metrics
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import Family, SeriesTable
from locust_push.core.window import Rates, Window
from locust_push.custom import CustomMetrics, Entries, registered_collectors
from locust_push.delivery.backoff import Backoff
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.ledger import DELIVERED, Ledger
from locust_push.delivery.leftovers import find_leftovers, replay_command
from locust_push.delivery.segment_file import file_stem
from locust_push.delivery.sender import Sender
from locust_push.delivery.spool import Spool
from locust_push.grafana import RunLinks
from locust_push.notify import Channel, Courier
from locust_push.notify.run_end import RunEnd, run_end_message
from locust_push.pipeline import Outlet, Pipeline
from locust_push.reports import MasterReports, WorkerReports
from locust_push.run.description import Role, RunDescription, exit_code
from locust_push.run_record import RunRecord
from locust_push.settings import Protocol, PushFrom, Settings, Target
from locust_push.sinks import Sink
from locust_push.sinks.archive import ArchiveSink
from locust_push.sinks.pushgateway import Encoder, PushgatewaySink, Retention, grouping_path
from locust_push.sinks.remote_write import remote_write_sink
from locust_push.summary import Summary, read_summary, write_summary
from locust_push.timeline import Timeline
from locust_push.urls import public_url
from locust_push.wire.exposition import TextEncoder

if TYPE_CHECKING:
    from locust_push.history.summary import RunSummary

logger = logging.getLogger(__name__)

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
        self._overflow_warned = False
        self._couriers = [Courier(channel, Backoff(random.random), time.sleep) for channel in channels]
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
        self._outlets = [self._outlet(target) for target in settings.targets]
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
        identity = ("job", settings.job), ("instance", settings.instance), ("run_id", self.description.run_id)
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
        self._mention_leftovers()
        self.agent.start()
        run_id = self.description.run_id
        if self.settings.targets:
            places = ", ".join(f"{target.url} ({target.protocol})" for target in self.settings.targets)
            logger.info("locust-push: run %s: pushing to %s every %g s", run_id, places, self.settings.interval)
        else:
            logger.info("locust-push: run %s: reporting to the master, which pushes", run_id)
            self._mention_custom_metrics()
        self._tell_links()

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

    def _worker_reports(self) -> WorkerReports | None:
        if self.recorder is None:
            return None
        run_id, instance = self.description.run_id, self.settings.instance
        return WorkerReports(run_id, instance, self.recorder, monotonic=time.monotonic, wall=time.time)

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
        collectors = [gauges.push_gauges(table, self._counted, self._outlets), self._warn_of_overflow]
        collectors.append(gauges.custom_gauges(table, self._custom))
        if self._role.makes_requests:
            collectors.append(gauges.process_gauges(table, runner))
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
        settings, run_id, labels = self.settings, self.description.run_id, self.labels
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
                encoder=_exposition(settings),
                retention=self._retention(),
            )
        return remote_write_sink(target, transport, labels, on_native_refused=self._push_classic)

    def _push_classic(self) -> None:
        """Push classic buckets as well from the next tick on, to every URL; they hold all since the start."""
        self._forms.classic = True

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

    def results(self) -> "RunSummary":
        """Return what came of the run, by what this process has in memory."""
        # The protobuf runtime comes with it, 70 ms that others need not wait.
        from locust_push.history.build import build_summary  # noqa: PLC0415
        from locust_push.history.in_memory import findings_of  # noqa: PLC0415
        from locust_push.history.summary import Run  # noqa: PLC0415

        about = self.description
        labels = {"job": self.settings.job, **dict(self.settings.labels)}
        run = Run(about.run_id, dict(about.info), about.start_time, about.end_time, labels)
        tables = {id(table): table for table in (self._table, self._merged_table)}
        return build_summary(run, findings_of(list(tables.values()), self._record or RunRecord()))

    def _look_back(self) -> None:
        """Judge the run, and write reports of it."""
        settings = self.settings
        if not settings.gates and not settings.reports:
            return
        from locust_push.end_gate import judge_at_end  # noqa: PLC0415 - as above
        from locust_push.end_report import write_reports  # noqa: PLC0415 - as above

        summary = self.results()
        verdict = judge_at_end(settings, summary, time_limit) if settings.gates else None
        self.gate_met = verdict.met if verdict else None
        if settings.reports:
            write_reports(settings.reports, summary, verdict, time.time())

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
                summary = read_summary(self._merged, seconds)
                write_summary(self._table, summary)
                self._notify(summary, seconds, passed=not code)
        if self._role is Role.MASTER:
            self._warn_of_lost_workers()

    def _notify(self, summary: Summary, seconds: float, *, passed: bool) -> None:
        """Begin to tell all channels; that takes no longer than the flush, at whose end what is untold is given up."""
        info = dict(self.description.info)
        end = RunEnd(
            run_id=self.description.run_id,
            seconds=seconds,
            summary=summary,
            passed=passed,
            host=info.get("host"),
            links=self._links(info),
        )
        for courier in self._couriers:
            self.agent.alongside(partial(courier.deliver, run_end_message(end)))

    def _mention_leftovers(self) -> None:
        """Once per run: of all processes, the one that people look at."""
        if self._role.speaks_for_run and self.settings.spool and (found := find_leftovers(self.settings.spool)):
            # With several URLs it is not ours to say which of them lacks the data; each spool.json does.
            urls = [target.url for target in self.settings.targets]
            logger.warning("locust-push: %s", found.line(urls[0] if len(urls) == 1 else "URL"))

    def _warn_of_overflow(self) -> None:
        counted = self._counted
        if counted and counted.overflow_example is not None and not self._overflow_warned:
            self._overflow_warned = True
            logger.warning(
                "locust-push: more than %d names; %r and all further ones are counted as __overflow__. Group them with "
                "the name argument of the request, or raise --push-max-names",
                self.settings.max_names,
                counted.overflow_example,
            )

    def _mention_custom_metrics(self) -> None:
        """Reports to the master hold requests only."""
        if registered_collectors(process_metrics=False):
            logger.warning(
                "locust-push: with --push-from master the locustfile's own metrics in workers are not pushed"
            )

    def _warn_of_lost_workers(self) -> None:
        """A process that was killed cannot say that its last requests are missing."""
        clients = self._environment.runner.clients.values()
        if missing := sum(client.state == gauges.MISSING for client in clients):
            logger.warning(
                "locust-push: run %s: workers that were lost: %d; what each did after its last push is missing, up to "
                "%g s of it",
                self.description.run_id,
                missing,
                self.settings.interval,
            )

    @property
    def _dashboards(self) -> RunLinks | None:
        """Where the run is to be seen, if there is a Grafana; once per run, not per process."""
        if not self.settings.grafana_url or not self._role.speaks_for_run:
            return None
        about = self.description
        return RunLinks(self.settings.grafana_url, about.run_id, about.start_time, about.end_time)

    def _links(self, info: Mapping[str, str]) -> list[tuple[str, str]]:
        """Name and URL of where people find more about the run."""
        dashboards = [("Dashboard", self._dashboards.live)] if self._dashboards else []
        return [*dashboards, *([("CI job", info["ci_url"])] if "ci_url" in info else [])]

    def _tell_links(self) -> None:
        if links := self._dashboards:
            run_id = self.description.run_id
            logger.info("locust-push: run %s: dashboard: %s", run_id, links.live)
            logger.info("locust-push: run %s: compare with another run: %s", run_id, links.compare)

    def _closed(self) -> None:
        for courier in self._couriers:
            if not courier.sent and not courier.failed:
                logger.warning("locust-push: %s was not told of the end in time", courier.channel.name)
        for outlet in self._outlets:
            outlet.sink.close()
            logger.log(*last_line(self.description.run_id, outlet, self.settings.spool))
        if self._role.speaks_for_run:
            self._look_back()
        self._tell_links()


def histogram_forms(settings: Settings) -> HistogramForms:
    """What is asked for; and classic buckets for a Pushgateway, whose scrapers may not know native histograms."""
    form = settings.histogram
    classic = form.has_classic or any(target.protocol is Protocol.PUSHGATEWAY for target in settings.targets)
    return HistogramForms(settings.buckets, classic, settings.native_schema if form.has_native else None)


def _exposition(settings: Settings) -> Encoder:
    if not settings.histogram.has_native:
        return TextEncoder(settings.labels)
    from locust_push.wire.exposition_protobuf import ProtobufEncoder  # noqa: PLC0415 - 70 ms that others need not wait

    return ProtobufEncoder(settings.labels)


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
