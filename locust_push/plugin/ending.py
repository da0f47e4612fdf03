"""The exit code of a process, as far as it depends on the runs of one Locust environment."""

import logging

from locust.env import Environment
from locust.runners import MasterRunner

from locust_push.live.exit_code import exit_code, locust_exit_code
from locust_push.live.greenlets import new_lock
from locust_push.live.run_description import Role
from locust_push.plugin.asking import Asking
from locust_push.plugin.environment import ends_with_run, role_of, unhandled_exception
from locust_push.plugin.reporting import FromWorkers
from locust_push.plugin.runs import Runs

logger = logging.getLogger(__name__)


class ProcessEnding:
    """The end of the process of one environment.

    Attributes:
        problem: Why a requested run is not pushed; None if it is.
    """

    def __init__(self, environment: Environment, runs: Runs, asking: Asking, from_workers: FromWorkers) -> None:
        self.problem: str | None = None
        self._environment = environment
        self._runs = runs
        self._asking = asking
        self._from_workers = from_workers
        self._lock = new_lock()

    def quitting(self) -> None:
        """Receive the workers' last reports; with ``--push-required`` or a gate decide the exit code.

        The last of all listeners, after those that set the exit code. On SIGTERM Locust fires the event in a separate
        greenlet and, as soon as the runner has ended, in the main one, which must not overtake it.
        """
        with self._lock:
            self._end()

    def _end(self) -> None:
        runner, runs = self._environment.runner, self._runs
        if isinstance(runner, MasterRunner) and runs.active:
            if len(runner.greenlet):
                # Locust's own listener does this, but if Locust is used as a library it may come after this one.
                runner.quit()
            # The run is over, and nothing is received any more.
            self._from_workers.hear_last_reports(runner)
            runs.finish_active()
        if not (self._asking.required or self._asking.has_gate or any(run.settings.aborts for run in runs.held)):
            return
        if runs.active and runner:
            # The process is ending during the run: end the run now, as a master does in its own listener.
            runner.quit()
        runs.finish_active()
        self._decide(locust_exit_code(self._environment, unhandled=unhandled_exception()))

    def _decide(self, locust_code: int) -> None:
        """Wait until all runs are closed, and decide the exit code."""
        runner, runs = self._environment.runner, self._runs
        runs.announce(locust_code)
        if isinstance(runner, MasterRunner):
            self._from_workers.hear_until_closed(runner)
        else:
            runs.wait()
        lacking = runs.lacking or (self._asking.required and self.problem is not None)
        code = exit_code(locust_code, undelivered=lacking, gate_met=self._gate_met(), aborted=runs.aborted)
        if code != locust_code:
            self._environment.process_exit_code = code

    def _gate_met(self) -> bool | None:
        """Return whether the gates were met. They were not if there was no run to judge."""
        was_to_be = self.problem is not None or ends_with_run(self._environment)
        if self._runs.held or not was_to_be or not self._asking.has_gate or role_of(self._environment) is Role.WORKER:
            return self._runs.gate_met
        logger.error("locust-push: no run was pushed that could be judged, so the gate is not met")
        return False
