"""Putting a run together in one process: from settings and a Locust environment to an agent that is ready to start."""

import hashlib
import logging
import random
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from locust_push import gauges
from locust_push.agent import Agent, new_event, time_limit
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable
from locust_push.custom import CustomMetrics, Entries, registered_collectors
from locust_push.delivery.backoff import Backoff
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.ledger import DELIVERED, Ledger
from locust_push.delivery.leftovers import find_leftovers, replay_command
from locust_push.delivery.segment_file import file_stem
from locust_push.delivery.sender import Sender
from locust_push.delivery.spool import Spool
from locust_push.notify import Channel, Courier
from locust_push.notify.run_end import RunEnd, run_end_message
from locust_push.pipeline import Outlet, Pipeline
from locust_push.settings import Protocol, Settings, Target
from locust_push.sinks import Sink
from locust_push.sinks.archive import ArchiveSink
from locust_push.sinks.pushgateway import Encoder, PushgatewaySink, Retention, grouping_path
from locust_push.sinks.remote_write import remote_write_sink
from locust_push.summary import Summary, passed, read_summary, write_summary
from locust_push.timeline import Timeline
from locust_push.urls import public_url
from locust_push.wire.exposition import TextEncoder

logger = logging.getLogger(__name__)

MAX_SPREAD = 1.0
"""Seconds over which the processes of a run spread their pushes; at most a tenth of the interval."""


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
    """

    run_id: str
    info: Labels
    start_time: float
    end_time: float | None = None


class ActiveRun:
    """One run in one process: what listens to Locust's events, and the agent that pushes."""

    def __init__(
        self,
        settings: Settings,
        role: Role,
        environment: Any,
        description: RunDescription,
        channels: Sequence[Channel] = (),
    ) -> None:
        """Assemble; nothing is started yet. ``channels`` are told of the end, if this process speaks for the run."""
        self.description = description
        self.settings = settings
        self._role = role
        self._environment = environment
        self._overflow_warned = False
        self._remembered: Summary | None = None
        self._couriers = [Courier(channel, Backoff(random.random), time.sleep) for channel in channels]
        self._table = SeriesTable()
        self._forms = _forms(settings)
        # Who is only scraped gets no request listener: the cost is for those who asked for it.
        self.recorder = (
            Recorder(self._table, forms=self._forms, max_names=settings.max_names)
            if role.makes_requests and settings.targets
            else None
        )
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
        """Whether there is anywhere to push to; else the run is only there to be scraped."""
        return bool(self._outlets)

    def start(self) -> None:
        """Start pushing, and say so; before any user has started."""
        self._custom.begin()
        if not self.pushes:
            return
        self._mention_leftovers()
        self.agent.start()
        places = ", ".join(f"{target.url} ({target.protocol})" for target in self.settings.targets)
        logger.info(
            "locust-push: run %s: pushing to %s every %g s", self.description.run_id, places, self.settings.interval
        )

    def finish(self) -> None:
        """Take the last snapshot and begin the flush."""
        self.agent.finish(self._end)

    def finish_later(self, seconds: float) -> None:
        """Finish after so many seconds, unless that is done before; what is known by now is remembered."""
        self._remembered = read_summary(self._environment.stats, max_names=self.settings.max_names)
        self.agent.finish_later(seconds, self._end)

    def look(self) -> Generator[float, None, Snapshot]:
        """What a push of now would hold, in steps; after the run what the last one held."""
        return self._pipeline.look()

    def _new_pipeline(self, timeline: Timeline) -> Pipeline:
        interval = self.settings.interval
        return Pipeline(
            self._table,
            # The recorder last: a collector may let users run, whose requests belong to the same snapshot.
            [self._custom.collect, *([self.recorder.drain] if self.recorder else [])],
            self._outlets,
            self._collectors(),
            timeline,
            spread=lambda: random.uniform(0, min(MAX_SPREAD, interval / 10)),  # noqa: S311  # no secret
            performance_clock=time.perf_counter,
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
        table, environment = self._table, self._environment
        collectors = [gauges.push_gauges(table, self.recorder, self._outlets), self._warn_of_overflow]
        collectors.append(gauges.custom_gauges(table, self._custom))
        if self._role.makes_requests:
            collectors.append(gauges.process_gauges(table, environment.runner))
        if self._role.speaks_for_run:
            gauges.run_identity(table, self.description.info, self.description.start_time)
            collectors.append(gauges.run_gauges(table, environment, is_master=self._role is Role.MASTER))
        return collectors

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

    def _end(self) -> None:
        if self._role.speaks_for_run:
            end_time = self.description.end_time = self.description.end_time or time.time()
            summary = self._summary()
            write_summary(self._table, summary, end_time=end_time)
            if self._couriers:
                self._notify(summary, end_time)
        if self._role is Role.MASTER:
            self._warn_of_lost_workers()

    def _notify(self, summary: Summary, end_time: float) -> None:
        """Begin to tell all channels; that takes no longer than the flush, at whose end what is untold is given up."""
        description, info = self.description, dict(self.description.info)
        end = RunEnd(
            run_id=description.run_id,
            seconds=end_time - description.start_time,
            summary=summary,
            passed=passed(self._environment),
            host=info.get("host"),
            links=[("CI job", info["ci_url"])] if "ci_url" in info else [],
        )
        for courier in self._couriers:
            self.agent.alongside(partial(courier.deliver, run_end_message(end)))

    def _summary(self) -> Summary:
        """Locust's statistics, or what is remembered of them where the next run has begun, which clears them."""
        summary = read_summary(self._environment.stats, max_names=self.settings.max_names)
        remembered = self._remembered
        return remembered if remembered and remembered.requests > summary.requests else summary

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

    def _warn_of_lost_workers(self) -> None:
        """A process that was killed cannot say that its last requests are missing."""
        if missing := gauges.workers_by_state(self._environment.runner.clients)["missing"]:
            logger.warning(
                "locust-push: run %s: workers that were lost: %d; what each did after its last push is missing, up to "
                "%g s of it",
                self.description.run_id,
                missing,
                self.settings.interval,
            )

    def _closed(self) -> None:
        for courier in self._couriers:
            if not courier.sent and not courier.failed:
                logger.warning("locust-push: %s was not told of the end in time", courier.channel.name)
        for outlet in self._outlets:
            outlet.sink.close()
            logger.log(*last_line(self.description.run_id, outlet, self.settings.spool))


def _forms(settings: Settings) -> HistogramForms:
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
