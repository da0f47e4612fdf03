"""One run in one process: from settings and a Locust environment to an agent that pushes, and to the end of the run."""

import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from locust_push.core.labels import INSTANCE, JOB, RUN_ID
from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.custom.registry import registered_collectors
from locust_push.delivery.ledger import DeliveryState
from locust_push.live.agent import Agent
from locust_push.live.announcements import Announcements
from locust_push.live.closing import Closing, RunParts
from locust_push.live.deliveries import Deliveries
from locust_push.live.exit_code import ProcessEnd
from locust_push.live.faults import Faults
from locust_push.live.log_lines import log_start, warn_of_custom_metrics, warn_of_leftovers
from locust_push.live.measurement import Acknowledge, Measurement
from locust_push.live.outlets import Outlets
from locust_push.live.pipeline import Pipeline
from locust_push.live.run_claim import ask_whether_used
from locust_push.live.run_description import Role, RunDescription
from locust_push.live.run_gauges import RunGauges, own_usage
from locust_push.live.run_record import RunRecord
from locust_push.live.timeline import Timeline
from locust_push.live.warmup import Warmup
from locust_push.options.settings import Settings

if TYPE_CHECKING:
    from locust_push.live.abort import Abort
    from locust_push.notify.channels import Channel
    from locust_push.results.model import RunResults

MAX_SPREAD = 1.0
"""Seconds over which the processes of a run spread their pushes; at most a tenth of the interval."""


class ActiveRun:
    """One run in one process: its measurements, the agent that pushes them, and its end.

    Attributes:
        description: The run as a whole.
        settings: Of this process.
        labels: Of every series of this process.
        recorder: Records this process's requests; None in a master, which makes none.
        reports: The reports of a worker to its master; None elsewhere.
        worker_reports: The reports that a master receives from its workers; None elsewhere.
        agent: Ticks and delivers.
        deliveries: The greenlets that deliver.
        closing: Ends the run.
        process_end: Determines the exit code.
    """

    def __init__(
        self,
        settings: Settings,
        role: Role,
        environment: Any,
        description: RunDescription,
        channels: "Sequence[Channel]" = (),
        *,
        process_end: ProcessEnd,
        faults: Faults,
        report_interval: float,
        acknowledge: Acknowledge,
        end_run: Callable[[], None],
        outcome_known: Callable[[], None] = lambda: None,
    ) -> None:
        """Assemble; nothing is started yet.

        Args:
            settings: Of this process.
            role: Role of this process.
            environment: Locust's.
            description: Facts about the run.
            channels: Channels for a message at its end.
            process_end: Determines the exit code.
            faults: Catches errors of single parts.
            report_interval: Seconds from one report of a worker to the next.
            acknowledge: Sends a master's answer to a worker, by its client ID.
            end_run: Ends the run early; may block.
            outcome_known: Called when a worker knows the result of its delivery.
        """
        self.description = description
        self.settings = settings
        self.process_end = process_end
        self.labels = run_labels(settings, description.run_id)
        self._role = role
        record = RunRecord(time.monotonic()) if role.speaks_for_run and settings.reports else None
        measured = self._measured = Measurement(
            settings,
            role,
            description.run_id,
            {name for name, _ in self.labels},
            report_interval=report_interval,
            acknowledge=acknowledge,
            listener=record.count if record else None,
        )
        self.recorder, self.reports, self.worker_reports = measured.recorder, measured.updates, measured.from_workers
        self._announcements = Announcements(
            description, settings.grafana_url if role.speaks_for_run else None, channels
        )
        self.deliveries = Deliveries([*map(self._outlets().open, settings.targets)], settings.flush_timeout, faults)
        if self.reports:
            self.reports.deliveries = lambda: self.deliveries.states
            self.reports.usage = own_usage().read
        self._gauges = RunGauges(settings, role, environment, description, measured)
        timeline = Timeline(settings.interval, wall=time.time, monotonic=time.monotonic)
        reset_stats = bool(getattr(environment, "reset_stats", False))
        warmup = Warmup(settings.warmup, description, measured, until_spawned=reset_stats)
        self._abort = self._new_abort(end_run)
        self._pipeline = self._new_pipeline(timeline, faults, record, warmup)
        self.closing = Closing(
            RunParts(
                settings=settings,
                role=role,
                environment=environment,
                description=description,
                measured=measured,
                record=record,
                pipeline=self._pipeline,
                deliveries=self.deliveries,
                announcements=self._announcements,
                process_end=process_end,
                faults=faults,
                outcome_known=outcome_known,
                warmup=warmup,
            )
        )
        self.agent = Agent(self._pipeline, timeline, self.deliveries, self.closing, faults)

    def __repr__(self) -> str:
        return f"<ActiveRun {self.description.run_id} {self._role} {self.agent!r}>"

    @property
    def pushes(self) -> bool:
        """Whether the run is pushed, by this process or by the master; otherwise it is only scraped."""
        return self._role is Role.WORKER or bool(self.settings.targets)

    @property
    def makes_requests_now(self) -> bool:
        """Whether its users run in this process, at this moment."""
        return self._role.makes_requests and not self.description.over

    @property
    def delivery_states(self) -> list[tuple[str, DeliveryState]]:
        """How deliveries go, by process: here, and at workers as these last said."""
        workers = self.worker_reports.workers if self.worker_reports else {}
        here = [(self.settings.instance, state) for state in self.deliveries.states]
        return [*here, *((name, state) for (_, name), worker in workers.items() for state in worker.deliveries)]

    @property
    def complete(self) -> bool:
        """Whether this process has all data of the run: a master may still wait for its workers."""
        return self.worker_reports is None or not self.worker_reports.outstanding

    def start(self) -> None:
        """Start pushing, and log it; before any user has started."""
        self._measured.custom.begin()
        if not self.pushes:
            return
        # The log of this process is the one that users read.
        if self._role.speaks_for_run:
            warn_of_leftovers(self.settings)
        self.agent.start()
        log_start(self.description.run_id, self.settings)
        if not self.settings.targets and registered_collectors(process_metrics=False):
            warn_of_custom_metrics()
        self._announcements.log_links()
        if self._role.speaks_for_run:
            self.agent.later(0.0, lambda: ask_whether_used(self.settings, self.description))

    def end(self, end_time: float) -> None:
        """Note the end of the run, Unix seconds; its last requests may still be reported."""
        self.description.end_time = end_time
        self.process_end.note()
        if self.worker_reports:
            self.worker_reports.end()

    def overtaken(self) -> None:
        """Note that the next run has begun, which Locust's objects describe from now on."""
        self._gauges.overtaken()
        self.process_end.put_off()

    def finish(self) -> None:
        """Take the last snapshot and start closing the run."""
        self.agent.finish()
        if self.reports:
            self.reports.finish()
        if self.worker_reports:
            self.worker_reports.close()

    def before_next_report(self, seconds: float) -> None:
        """Prepare, in ``seconds``, the contents of the next report to the master."""
        self.agent.later(seconds, self._measured.prepare_update)

    def look(self) -> Generator[float, None, Snapshot]:
        """Return what a push would contain now, in steps; after the run what the last one contained."""
        return self._pipeline.look()

    def results(self) -> "RunResults":
        """Return the results of the run, from the memory of this process."""
        return self.closing.results()

    def _outlets(self) -> Outlets:
        return Outlets(
            self.settings,
            self.description,
            speaks_for_run=self._role.speaks_for_run,
            on_native_refused=self._measured.push_classic,
        )

    def _new_abort(self, end_run: Callable[[], None]) -> "Abort | None":
        if not (self.settings.aborts and self._role.speaks_for_run):
            return None
        from locust_push.live.abort import Abort, abort_rule  # noqa: PLC0415 - only if it is used

        def end_soon() -> None:
            # Not within the current tick, which has to end before the run is closed.
            self.agent.later(0.0, lambda: _once(end_run))

        return Abort(
            [*map(abort_rule, self.settings.aborts)],
            self.settings.abort_grace,
            self.description,
            rates=self._measured.rates,
            end_run=end_soon,
        )

    def _observers(self, record: RunRecord | None, warmup: Warmup) -> list[Callable[[Snapshot], None]]:
        observers: list[Callable[[Snapshot], None]] = [record.observe] if record else []
        if self._role.speaks_for_run:
            observers.append(warmup.observe)
        if self._abort:
            observers.append(self._abort.observe)
        return observers

    def _new_pipeline(self, timeline: Timeline, faults: Faults, record: RunRecord | None, warmup: Warmup) -> Pipeline:
        interval = self.settings.interval
        return Pipeline(
            self._measured.table,
            self._measured.sources,
            self.deliveries.outlets,
            self._gauges.all(self.deliveries.outlets, faults),
            timeline,
            spread=lambda: random.uniform(0, min(MAX_SPREAD, interval / 10)),  # noqa: S311  # no secret
            performance_clock=time.perf_counter,
            faults=faults,
            observers=self._observers(record, warmup),
        )


def _once(work: Callable[[], None]) -> Iterator[None]:
    work()
    yield


def run_labels(settings: Settings, run_id: str) -> Labels:
    """Return the labels of every series of a process."""
    return (JOB, settings.job), (INSTANCE, settings.instance), (RUN_ID, run_id), *settings.labels
