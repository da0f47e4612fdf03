"""The reports of workers to their master, by Locust's own messages: a class for each side."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from locust.env import Environment
from locust.exception import RPCError
from locust.rpc import Message
from locust.runners import WORKER_REPORT_INTERVAL, MasterRunner

from locust_push.live.faults import Faults
from locust_push.live.greenlets import meanwhile, time_limit
from locust_push.plugin.messages import ACKNOWLEDGE, KEY, LAST_REPORT, PROBLEM
from locust_push.plugin.runs import Runs

if TYPE_CHECKING:
    from locust_push.live.run import ActiveRun
    from locust_push.live.worker_link import WorkerUpdates

logger = logging.getLogger(__name__)

UP_TO_DATE = 0.25
"""Seconds before a worker's report at which its data is prepared."""

LAST_REPORTS = 2.0
"""Seconds beyond Locust's own stop timeout that a master waits for its workers' last reports."""


class ToMaster:
    """The worker's side: adds data to its reports.

    Attributes:
        problem: Why this worker pushes nothing; None if it pushes.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._reports: list[WorkerUpdates] = []
        self._tell_master: Callable[[str, dict[str, Any]], None] | None = None
        self.problem: str | None = None

    def register(self, environment: Environment, faults: Faults) -> None:
        """Add the listeners."""
        environment.events.report_to_master.add_listener(faults.guarded(self.on_report_to_master))
        if environment.runner is not None:
            environment.runner.register_message(ACKNOWLEDGE, faults.guarded(self.on_acknowledge))
            self._tell_master = environment.runner.send_message

    def add(self, reports: "WorkerUpdates") -> None:
        """Report the data of a run, until the master has all of it."""
        self._reports.append(reports)

    def on_report_to_master(self, data: dict[str, Any], **_: object) -> None:
        """Add the data since the last report to a worker's report."""
        data[PROBLEM] = self.problem
        data[KEY] = [reports.report() for reports in self._reports]
        self._reports = [reports for reports in self._reports if not reports.done]
        for run in self._runs.active:
            run.before_next_report(WORKER_REPORT_INTERVAL - UP_TO_DATE)

    def on_acknowledge(self, msg: Message, **_: object) -> None:
        """Process the master's answer to a report."""
        for reports in self._reports:
            reports.acknowledged(msg.data)

    def send_last_reports(self) -> None:
        """Report the last seconds of a worker that quits by itself, which Locust does not do."""
        self._send([reports for reports in self._reports if reports.answered and not reports.last_sent])

    def send_outcomes(self) -> None:
        """Report the result of deliveries to the master as soon as it is known, since the exit code depends on it."""
        self._send([reports for reports in self._reports if reports.answered and reports.undelivered is not None])

    def _send(self, updates: "list[WorkerUpdates]") -> None:
        if updates and self._tell_master:
            self._tell_master(LAST_REPORT, {KEY: [each.report() for each in updates]})


class FromWorkers:
    """The master's side: processes its workers' reports."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._silent_workers: set[str] = set()
        self._bad_report_told = False

    def register(self, environment: Environment, runner: MasterRunner, faults: Faults) -> None:
        """Add the listeners."""
        environment.events.worker_report.add_listener(faults.guarded(self.on_worker_report))
        runner.register_message(LAST_REPORT, faults.guarded(self.on_last_report))

    def on_last_report(self, msg: Message, **_: object) -> None:
        """Merge the last report of a worker."""
        self._take_report(msg.node_id, msg.data[KEY])

    def on_worker_report(self, client_id: str, data: dict[str, Any], **_: object) -> None:
        """Merge a worker's data; finish a run that is over and whose data is now complete."""
        reports = data.get(KEY)
        if reports is None and any(run.pushes for run in self._runs.active):
            self._warn_of_silent_worker(client_id, data)
        if problem := data.get(PROBLEM):
            self._note_problem(client_id, problem)
        self._take_report(client_id, reports or [])

    def hear_until_closed(self, runner: MasterRunner) -> None:
        """Wait until all runs are closed, and receive the results of the workers' deliveries meanwhile."""
        with meanwhile(partial(self._hear, runner)):
            self._runs.wait()

    def hear_last_reports(self, runner: MasterRunner) -> None:
        """Receive the workers' last reports after Locust has stopped listening, for a bounded time."""
        with suppress(TimeoutError, RPCError), time_limit(runner.environment.stop_timeout + LAST_REPORTS):
            while not all(run.complete for run in self._runs.active if run.pushes):
                self._hear_one(runner)

    def _hear(self, runner: MasterRunner) -> None:
        with suppress(RPCError):
            while True:
                self._hear_one(runner)

    def _hear_one(self, runner: MasterRunner) -> None:
        client_id, message = runner.server.recv_from_client()
        if message.type in {"stats", LAST_REPORT}:
            self._take_report(client_id, message.data.get(KEY) or [])

    def _take_report(self, client_id: str, reports: list[dict[str, Any]]) -> None:
        for run in self._runs.open:
            self._merge(run, client_id, reports)
            self._runs.finish_if_complete(run)

    def _merge(self, run: "ActiveRun", client_id: str, reports: list[dict[str, Any]]) -> None:
        try:
            if run.worker_reports:
                run.worker_reports.receive(client_id, reports)
        except Exception:
            if not self._bad_report_told:
                self._bad_report_told = True
                logger.exception("locust-push: a report of worker %s cannot be read (logged once)", client_id)

    def _note_problem(self, client_id: str, problem: str) -> None:
        for run in self._runs.active:
            if run.worker_reports:
                run.worker_reports.note_problem(client_id, problem)

    def _warn_of_silent_worker(self, client_id: str, data: dict[str, Any]) -> None:
        """Warn once of each worker that makes requests and does not report them: sums would be wrong without notice."""
        if data.get("user_count") and client_id not in self._silent_workers:
            self._silent_workers.add(client_id)
            self._note_problem(client_id, "it runs without locust_push")
            logger.warning(
                "locust-push: worker %s does not push, so its requests are missing: see its log. If nothing is there, "
                "import "
                "locust_push in its locustfile, or start it with locust-push run",
                client_id,
            )
