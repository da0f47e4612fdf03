"""The end of a run in one process, from top to bottom: :meth:`Closing.steps`.

Judging and reporting are imported when they are needed, since they take up to 70 ms.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from locust_push.core import metrics
from locust_push.core.record import record
from locust_push.core.table import Family
from locust_push.live import gauges
from locust_push.live.announcements import Announcements
from locust_push.live.deliveries import Deliveries
from locust_push.live.exit_code import ProcessEnd, exit_code
from locust_push.live.faults import Faults
from locust_push.live.greenlets import time_limit
from locust_push.live.log_lines import log_end, warn_of_lost_workers, warn_of_unreported_workers
from locust_push.live.measurement import Measurement
from locust_push.live.pipeline import Pipeline
from locust_push.live.run_description import Role, RunDescription
from locust_push.live.run_record import RunRecord
from locust_push.live.run_totals import RunTotals, recorded_by, recorded_since, run_totals, write_run_totals
from locust_push.live.warmup import Warmup
from locust_push.options.settings import Settings
from locust_push.results.model import CutShort

if TYPE_CHECKING:
    from locust_push.results.gate import GateResult
    from locust_push.results.model import RunResults


logger = logging.getLogger(__name__)


@record(frozen=True, slots=True, kw_only=True)
class RunParts:
    """The parts of one run in one process.

    Attributes:
        settings: Settings of this process.
        role: Role of this process.
        environment: Locust's.
        description: Facts about the run.
        measured: Its series.
        record: The run over time; None if no report needs it.
        pipeline: Takes snapshots.
        deliveries: Deliver them.
        announcements: Send messages.
        process_end: Determines the exit code.
        faults: Catches errors of single parts.
        outcome_known: Called when a worker knows the result of its delivery.
        warmup: Has the end of the run's warm-up, and the values recorded by then.
    """

    settings: Settings
    role: Role
    environment: Any
    description: RunDescription
    measured: Measurement
    record: RunRecord | None
    pipeline: Pipeline
    deliveries: Deliveries
    announcements: Announcements
    process_end: ProcessEnd
    faults: Faults
    outcome_known: Callable[[], None]
    warmup: Warmup


class Closing:
    """Ends one run: takes the last snapshot, judges, decides the exit code, pushes it, sends messages, writes reports.

    Attributes:
        gate_met: Whether the run met its gates; None without gates, False until it is judged.
        undelivered: Whether ``--push-required`` is set and something was undelivered when the exit code was decided.
        interrupt: The exception that interrupted the first step, such as Ctrl-C; raised when the remaining steps have
            started.
    """

    def __init__(self, run: RunParts) -> None:
        """End the run of these parts."""
        self._run = run
        self.gate_met = False if run.role.speaks_for_run and run.settings.gates else None
        self.undelivered = False
        self.interrupt: BaseException | None = None
        self._totals: RunTotals | None = None
        self._closed = False

    def steps(self) -> Iterator[float]:
        """End the run; yields seconds to pause.

        The first step runs immediately, while Locust's objects still describe this run, and does not wait. The others
        run in a separate greenlet and end within ``--push-flush-timeout``, of which a last part is reserved for steps
        that depend on the result of the delivery.
        """
        try:
            self._run.pipeline.finish(self._add_totals)  # the last requests, the results, the last snapshot
        except BaseException as error:  # noqa: BLE001 - Ctrl-C; queued data is still delivered
            self.interrupt = error
        self._run.deliveries.hurry()
        yield 0.0
        verdict = self._judge()
        if self._run.settings.required:
            yield from self._wait()
            self.undelivered = self._lacking()
        passed = self._add_exit_code()
        yield from self._run.pipeline.close()
        self._run.deliveries.finish()
        self._send_messages(verdict, passed=passed)
        self._write_reports(verdict)
        self.close()

    @property
    def aborted(self) -> bool:
        """Whether ``--push-abort`` ended the run."""
        return self._run.description.cut_short == CutShort.ABORTED

    def close(self) -> None:
        """Deliver until the deadline, move the rest to the spool, and log the result.

        If this step or an earlier one fails or is interrupted, it is called again until it is complete.
        """
        if self._closed:
            return
        self._run.deliveries.close()
        self._report_outcome(undelivered=bool(self._run.deliveries.undelivered_samples))
        self._run.announcements.warn_of_unsent()
        log_end(self._run.description.run_id, self._run.deliveries.outlets, self._run.settings.spool)
        self._run.announcements.log_links()
        self._closed = True

    def results(self) -> "RunResults":
        """Return the results of the run, from the memory of this process."""
        from locust_push.live.in_memory import results_in_memory  # noqa: PLC0415 - see above

        run = self._run
        return results_in_memory(run.settings, run.description, run.measured.tables, run.record, run.warmup.before)

    def _add_totals(self) -> None:
        """Add the series that are known at the end of the run."""
        run, table = self._run, self._run.measured.table
        description = run.description
        if self._run.role.speaks_for_run:
            end_time = description.end_time = description.end_time or time.time()
            Family(table, metrics.RUN_END).cell().value = end_time
            if description.cut_short:
                Family(table, metrics.RUN_CUT_SHORT, "state").cell(description.cut_short).value = 1
            if self._run.settings.targets:
                self._totals = self._write_totals(end_time)
        if run.record is not None:
            with run.faults.contained("reading error messages"):
                # Imported only for reports, with what masks secrets.
                from locust_push.live.error_texts import error_texts  # noqa: PLC0415

                run.record.error_texts = error_texts(run.environment.runner.errors.values())
        if self._run.role is Role.MASTER:
            lost = gauges.lost_workers(self._run.environment.runner)
            warn_of_lost_workers(description.run_id, lost, self._run.measured)
            # Nobody waits for the last reports of a run that is only scraped.
            if (reports := self._run.measured.from_workers) and self._run.settings.targets:
                description.unreported = reports.outstanding
                warn_of_unreported_workers(description.run_id, len(description.unreported))

    def _wait(self) -> Iterator[float]:
        """Deliver; a master also waits for the results of its workers' deliveries, within its time."""
        from_workers = self._run.measured.from_workers
        if from_workers:
            yield from self._run.deliveries.wait(others=lambda: from_workers.undecided)
        else:
            yield from self._run.deliveries.wait(reserves=2 if self._run.measured.updates else 1)

    def _lacking(self) -> bool:
        """Whether required data is undelivered, here or at a worker."""
        here, from_workers = self._run.deliveries.incomplete, self._run.measured.from_workers
        self._report_outcome(undelivered=here)
        if from_workers is None:
            return here or self._run.description.mistaken
        for client_id in from_workers.undecided:
            logger.error("locust-push: worker %s has not reported whether it delivered everything", client_id)
        return here or from_workers.lacking or self._run.description.mistaken

    def _report_outcome(self, *, undelivered: bool) -> None:
        """Report the result of a worker's delivery to its master."""
        if self._run.measured.updates:
            self._run.measured.updates.undelivered = undelivered
            self._run.outcome_known()

    def _write_totals(self, end_time: float) -> RunTotals:
        """Write the results of the run, and of its steady state if there was a warm-up; return the results."""
        run, table = self._run, self._run.measured.table
        more = self._more_quantiles()
        recorded = recorded_by(run.measured.merged)
        totals = run_totals(recorded, end_time - run.description.start_time, more)
        write_run_totals(table, totals)
        if run.description.judged_from is not None:
            steady = recorded_since(run.warmup.recorded, recorded)
            seconds = end_time - run.description.judged_from
            write_run_totals(table, run_totals(steady, seconds, (*more, "0")), metrics.STEADY_STATE)
        return totals

    def _more_quantiles(self) -> Sequence[str]:
        if not self._run.settings.gates:
            return ()
        from locust_push.live.end_gate import more_quantiles  # noqa: PLC0415 - see above

        return more_quantiles(self._run.settings)

    def _judge(self) -> "GateResult | None":
        if self.gate_met is None and not self.aborted:
            return None
        self.gate_met = False
        with self._run.faults.contained("judging the run"):
            from locust_push.live.end_gate import judge_at_end  # noqa: PLC0415 - see above

            left = self._run.deliveries.seconds_left
            verdict = judge_at_end(self._run.settings, self.results(), lambda most: time_limit(min(most, left())))
            self.gate_met = self._run.description.gate_met = verdict.met
            return verdict
        return None

    def _add_exit_code(self) -> bool:
        """Add the exit code; return whether it is 0."""
        if not self._run.role.speaks_for_run:
            return True
        if self.gate_met is not None:
            Family(self._run.measured.table, metrics.RUN_GATE_MET).cell().value = int(self.gate_met)
        locust_code = self._run.process_end.wait(self._run.deliveries.seconds_left(kept=True))
        code = exit_code(locust_code, undelivered=self.undelivered, gate_met=self.gate_met, aborted=self.aborted)
        Family(self._run.measured.table, metrics.RUN_EXIT_CODE).cell().value = code
        return not code

    def _send_messages(self, verdict: "GateResult | None", *, passed: bool) -> None:
        announcements, description = self._run.announcements, self._run.description
        if self._totals and announcements.wanted:
            lines = self._verdict_lines(verdict)
            seconds = (description.end_time or 0.0) - description.start_time
            for send in announcements.of_the_end(self._totals, seconds, passed=passed, verdict=lines):
                self._run.deliveries.alongside(send)

    def _verdict_lines(self, verdict: "GateResult | None") -> Sequence[str]:
        """Return the lines of a message about the gate; empty without one."""
        with self._run.faults.contained("describing the verdict"):
            if verdict is not None:
                from locust_push.documents.sentences import verdict_lines  # noqa: PLC0415 - see above

                return verdict_lines(verdict)
        return ["Gate: NOT MET: the run could not be judged."] if self.gate_met is False else []

    def _write_reports(self, verdict: "GateResult | None") -> None:
        if self._run.record is not None:
            with self._run.faults.contained("writing the reports"):
                from locust_push.live.end_report import write_reports  # noqa: PLC0415 - see above

                write_reports(self._run.settings.reports, self.results(), verdict, time.time())
