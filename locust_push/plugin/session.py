"""One Locust environment: its settings, and the start and the end of its runs.

The order of events that this relies on (Locust 2.32 to 2.47):

- import of the locustfile → ``init_command_line_parser`` → fork for ``--processes`` → ``init`` → ``test_start``;
- at the end of a run ``test_stopping`` → last requests → ``test_stop``, and at the end of the process ``quitting`` →
  (if the run is still in progress: its end, as above) → ``quit``. This is also the order on SIGTERM and Ctrl-C.

A worker must not wait in ``test_stop``: its last report to the master comes after it, and the master waits for that for
half a second only. So closing a run starts in ``test_stop``, and is waited for in ``quit``, or in ``quitting`` if the
exit code depends on it, which Locust decides after that. Locust does not reach ``quit`` if it fails to print its own
tables (because of a request without a name), or if the locustfile calls ``sys.exit``; ``atexit`` covers these cases.
"""

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from locust.env import Environment
from locust.event import Events
from locust.runners import WORKER_REPORT_INTERVAL, MasterRunner

from locust_push.config.errors import ConfigurationError
from locust_push.custom.declare import use_buckets
from locust_push.live.exit_code import ProcessEnd
from locust_push.live.greenlets import count_timers_from_now, give_way
from locust_push.live.run_description import Role, RunDescription
from locust_push.options.resolve import given_instance
from locust_push.options.settings import Settings
from locust_push.plugin.asking import Asking
from locust_push.plugin.checks import channels_of, check_custom_metrics, check_end
from locust_push.plugin.ending import ProcessEnding
from locust_push.plugin.environment import (
    acknowledge,
    describe,
    end_run,
    ends_with_run,
    missing_workers,
    own_options,
    present_workers,
    role_of,
    send_workers_home,
    unhandled_exception,
)
from locust_push.plugin.process import Process
from locust_push.plugin.reporting import LAST_REPORTS, FromWorkers, ToMaster
from locust_push.plugin.runs import Runs

if TYPE_CHECKING:
    from locust_push.notify.channels import Channel

logger = logging.getLogger(__name__)


class Session:
    """One environment.

    Attributes:
        runs: Its runs.
    """

    def __init__(self, environment: Environment, process: Process) -> None:
        self.runs = Runs(environment)
        self._environment = environment
        self._process = process
        self._asking = Asking(environment, process)
        self._to_master = ToMaster(self.runs)
        self._from_workers = FromWorkers(self.runs)
        self._ending = ProcessEnding(environment, self.runs, self._asking, self._from_workers)
        self._attached = False
        self._began_early = False
        self._channels: list[Channel] = []
        self._taken_pages: Callable[[], list[str]] = list

    def __repr__(self) -> str:
        return f"<Session {self.runs}>"

    @property
    def events(self) -> Events:
        """The runs of its environment."""
        return self._environment.events

    @property
    def settled(self) -> bool:
        """Whether all of its runs are closed."""
        return self.runs.settled

    def init(self) -> None:
        """Check the settings, so that a mistake is reported before the run.

        Raises:
            SystemExit: code 2, after one line on stderr; before any user was started.
        """
        environment = self._environment
        if role_of(environment) is not Role.WORKER:
            try:
                self._process.open_log_file(environment, None)
                settings = self._asking.settings()
                check_custom_metrics(settings)
                check_end(environment, settings)
                self._channels = channels_of(settings)
            except ConfigurationError as error:
                sys.stderr.write(f"locust-push: error: {error}\n")
                send_workers_home(environment)
                sys.exit(2)
        self._attach()
        self._process.try_log_file(environment, self._asking.own)
        count_timers_from_now()
        if self._began_early:
            self.test_start()

    def test_start(self) -> None:
        """Start pushing, if there is a URL."""
        if self._environment.runner is None:
            # A worker that joins a run may receive its start before init: its role is not known before.
            self._began_early = True
            return
        self._note_problem("an internal error; see its log")  # until the actual reason is known
        self._note_problem(self._begin())

    def test_stop(self) -> None:
        """Start the end of the run; a master first waits for its workers' last reports."""
        for run in self.runs.active:
            if run.description.over:
                continue
            run.end(time.time())
            if run.worker_reports:
                run.worker_reports.expect(present_workers(self._environment))
                run.worker_reports.miss(missing_workers(self._environment))
                run.agent.finish_later(WORKER_REPORT_INTERVAL + LAST_REPORTS)
            self.runs.finish_if_complete(run)

    def quitting(self) -> None:
        """Decide the exit code."""
        self._ending.quitting()

    def quit(self, exit_code: int | None) -> None:
        """Wait until all runs are closed; ``exit_code`` is that of the process, if known."""
        self.runs.finish_active()
        if exit_code is not None:
            self.runs.announce(exit_code)
        self._to_master.send_last_reports()
        self.runs.wait()

    def end_users(self) -> None:
        """Stop making requests: without locust-push the process would have ended by now."""
        if self._environment.runner is not None:
            self._environment.runner.user_greenlets.kill(block=False)

    def silence(self) -> None:
        """Drop all runs, in a forked child."""
        self.runs.silence()

    def note_interruption(self, **_: object) -> None:
        """Note which runs are interrupted, since the process is ending."""
        self.runs.note_interruption()

    def spawning_complete(self, **_: object) -> None:
        """Note when all users were first running."""
        for run in self.runs.active:
            if not run.description.over:
                run.description.spawned_time = run.description.spawned_time or time.time()

    def _attach(self) -> None:
        """Add the other listeners of the environment, once; if Locust is used as a library there may be no ``init``."""
        environment, faults = self._environment, self._process.faults
        if self._attached:
            return
        self._attached = True
        self._asking.checked()
        if role_of(environment) is Role.WORKER:
            self._asking.own = own_options(environment, overwritten=self._began_early)
            self._to_master.register(environment, faults)
            return
        self._attach_to_web_ui()
        # Before Locust's own listener, which ends the run: it was registered before, and these fire in reverse order.
        environment.events.quitting.add_listener(faults.guarded(self.note_interruption))
        environment.events.spawning_complete.add_listener(faults.guarded(self.spawning_complete))
        if isinstance(environment.runner, MasterRunner):
            self._from_workers.register(environment, environment.runner, faults)

    def _attach_to_web_ui(self) -> None:
        """Make the web UI answer scrapes, show errors in its form, and the state of pushing."""
        web_ui = self._environment.web_ui
        if web_ui is None or self._environment.parsed_options is None:
            return
        # prometheus_client takes 60 ms, and only this needs it.
        from locust_push.plugin import web_mistakes, web_pages, web_tab  # noqa: PLC0415

        web_mistakes.show_mistakes(web_ui, self._asking.form_mistakes)
        if self._asking.is_scraped:
            self._taken_pages = web_pages.answer_scrapes(web_ui, lambda: self.runs.last, give_way)
        if self._asking.pushes:
            web_tab.add_tab(web_ui, self._asking.settings_now, lambda: self.runs.last, self._process.faults)

    def _begin(self) -> str | None:
        """Start a run, if there is a URL; return the reason if a requested run is not pushed."""
        self._attach()
        self._process.try_log_file(self._environment, self._asking.own)
        for path in self._taken_pages():
            logger.info("locust-push: the locustfile has its own page at %s, so the metrics are not served there", path)
        self._taken_pages = list  # logged once
        try:
            settings = self._asking.settings_of_run()
        except ConfigurationError as error:
            # Only if a worker's machine differs from the master's, or if the locustfile has changed options.
            logger.error("locust-push: this process pushes nothing: %s", error)  # noqa: TRY400  # one line
            return str(error)
        if settings is not None:
            self.runs.make_way()
            self._start(settings, self._asking.run_id(settings))
        return None

    def _note_problem(self, problem: str | None) -> None:
        """Note why this process pushes nothing; a worker reports it to its master."""
        self._ending.problem = problem
        self._to_master.problem = problem

    def _start(self, settings: Settings, run_id: str) -> None:
        environment, process = self._environment, self._process
        role = role_of(environment)
        info = describe(environment) if role.speaks_for_run else ()
        alone = role.speaks_for_run and bool(given_instance(environment.parsed_options))
        instance = process.instances.claim(run_id, settings.instance, alone=alone)
        from_master = role is Role.WORKER and settings.run_id is not None
        settings = replace(settings, instance=instance)
        use_buckets(settings.buckets)
        process.start_run(self, run_id, settings)
        from locust_push.live.run import ActiveRun  # noqa: PLC0415 - see above

        run = ActiveRun(
            settings,
            role,
            environment,
            RunDescription(run_id, info, start_time=time.time(), mistaken=self._asking.take_mistaken()),
            self._channels,
            process_end=ProcessEnd(environment, unhandled=unhandled_exception, near=ends_with_run(environment)),
            faults=process.faults,
            report_interval=WORKER_REPORT_INTERVAL,
            acknowledge=partial(acknowledge, environment),
            end_run=partial(end_run, environment),
            outcome_known=process.faults.guarded(self._to_master.send_outcomes),
        )
        if run.reports is not None:
            # In a short run the process may end before the first answer can arrive.
            run.reports.answered = from_master
            self._to_master.add(run.reports)
        if run.worker_reports is not None:
            run.worker_reports.expect(present_workers(environment))
        self.runs.begin(run)
