"""The end of a process, as far as it depends on the runs of one Locust environment: what its exit code is."""

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
        problem: Why a run that was asked for is not pushed; None where it is.
    """

    def __init__(self, environment: Environment, runs: Runs, asking: Asking, from_workers: FromWorkers) -> None:
        self.problem: str | None = None
        self._environment = environment
        self._runs = runs
        self._asking = asking
        self._from_workers = from_workers
        self._lock = new_lock()

    def __repr__(self) -> str:
        return f"<ProcessEnding of {self._runs}>"

    def quitting(self) -> None:
        """Hear the workers' last reports; with ``--push-required`` or a gate decide the exit code.

        The last of all listeners: what others make of the exit code is known by now. On SIGTERM Locust fires the event
        in a greenlet of its own and, as soon as the runner has ended, in the main one, which must not overtake it.
        """
        with self._lock:
            self._end()

    def _end(self) -> None:
        runner, runs = self._environment.runner, self._runs
        if isinstance(runner, MasterRunner) and runs.active:
            if len(runner.greenlet):
                # Locust's own listener does this, but where Locust is a library it may stand behind this one.
                runner.quit()
            # The run is over, and nobody receives any more.
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
        """Whether the gates were met. They were not where a run was to be, and there was none."""
        was_to_be = self.problem is not None or ends_with_run(self._environment)
        if self._runs.held or not was_to_be or not self._asking.has_gate or role_of(self._environment) is Role.WORKER:
            return self._runs.gate_met
        logger.error("locust-push: nothing was pushed that could be judged, so the gate is not met")
        return False
