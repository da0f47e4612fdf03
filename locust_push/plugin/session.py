"""What happens in one Locust environment: its settings, and the start and the end of its runs.

The order of events that this relies on (Locust 2.32 to 2.47):

- import of the locustfile → ``init_command_line_parser`` → fork for ``--processes`` → ``init`` → ``test_start``;
- at the end of a run ``test_stopping`` → last requests → ``test_stop``, and at the end of the process ``quitting`` →
  (where the run is still going on: its end, as above) → ``quit``. On SIGTERM and Ctrl-C the process ends so, too.

A worker must not wait in ``test_stop``: its last report to the master comes after it, and the master waits for that for
half a second only. So a run begins to be closed in ``test_stop`` and is waited for in ``quit``; in ``quitting`` where
the exit code depends on it, which Locust decides after that. Locust does not get to ``quit`` where it fails to print
its own tables (a request without a name does that), or where the locustfile leaves by ``sys.exit``; for these there is
``atexit``.
"""

import argparse
import logging
import os
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from locust.env import Environment
from locust.event import Events
from locust.runners import WORKER_REPORT_INTERVAL, MasterRunner

from locust_push.config.errors import ConfigurationError
from locust_push.custom.declare import use_buckets
from locust_push.live.exit_code import ProcessEnd, exit_code, locust_exit_code
from locust_push.live.greenlets import give_way
from locust_push.live.run_description import Role, RunDescription
from locust_push.options.resolve import given_instance, settings_from_options, web_metrics
from locust_push.options.settings import Settings
from locust_push.plugin.checks import channels_of, check_custom_metrics, check_end
from locust_push.plugin.environment import (
    acknowledge,
    describe,
    end_run,
    ends_with_run,
    own_options,
    present_workers,
    role_of,
    send_workers_home,
    unhandled_exception,
)
from locust_push.plugin.form_options import FormOptions
from locust_push.plugin.instance_names import AnsweredNames, AskedName
from locust_push.plugin.process import Process
from locust_push.plugin.reporting import LAST_REPORTS, FromWorkers, ToMaster
from locust_push.plugin.run_naming import RunNaming
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
        self._own_options: argparse.Namespace | None = None
        self._naming = RunNaming(environment, process.run_ids)
        self._form = FormOptions()
        self._to_master = ToMaster(self.runs)
        self._from_workers = FromWorkers(self.runs)
        self._asked_name = AskedName()
        self._names = AnsweredNames()
        self._began_early = False
        self._channels: list[Channel] = []

    def __repr__(self) -> str:
        return f"<Session {self.runs}>"

    @property
    def events(self) -> Events:
        """Those of its environment."""
        return self._environment.events

    @property
    def settled(self) -> bool:
        """Whether all of its runs are closed."""
        return self.runs.settled

    def init(self) -> None:
        """Check the settings, so that a mistake stops Locust before the run and not after it.

        Raises:
            SystemExit: code 2, after one line on stderr; before any user was started.
        """
        environment = self._environment
        if role_of(environment) is Role.WORKER:
            self._own_options = own_options(environment, overwritten=self._began_early)
            self._to_master.register(environment, self._process.faults)
            self._asked_name.ask(environment, given_instance(self._own_options), self._process.faults)
            self._process.try_log_file(environment, self._own_options)
            if self._began_early:
                self.test_start()
            return
        try:
            self._process.open_log_file(environment, self._own_options)
            settings = self._settings()
            self._form.keep(environment.parsed_options)
            check_custom_metrics(settings)
            check_end(environment, settings)
            self._channels = channels_of(settings)
        except ConfigurationError as error:
            sys.stderr.write(f"locust-push: error: {error}\n")
            send_workers_home(environment)
            sys.exit(2)
        self._be_scraped()
        # Before Locust's own listener, which ends the run: it was registered before, and these are fired in reverse.
        environment.events.quitting.add_listener(self._process.faults.guarded(self.note_interruption))
        environment.events.spawning_complete.add_listener(self._process.faults.guarded(self.spawning_complete))
        if isinstance(environment.runner, MasterRunner):
            self._from_workers.register(environment, environment.runner, self._process.faults)
            self._names.register(
                environment, environment.runner, given_instance(environment.parsed_options), self._process.faults
            )

    def test_start(self) -> None:
        """Start pushing, if there is a URL."""
        if self._environment.runner is None:
            # A worker that joins a run may receive its start before init: the role is not known earlier.
            self._began_early = True
            return
        self._process.try_log_file(self._environment, self._own_options)
        settings = self._usable_settings()
        if settings is not None:
            self._names.settle()
            self.runs.make_way()
            self._start(settings, self._naming.choose(settings))

    def test_stop(self) -> None:
        """Begin the end of the run; a master first waits for its workers' last reports."""
        for run in self.runs.active:
            if run.description.over:
                continue
            run.end(time.time())
            if run.worker_reports:
                run.worker_reports.expect(present_workers(self._environment))
                run.agent.finish_later(WORKER_REPORT_INTERVAL + LAST_REPORTS)
            self.runs.finish_if_complete(run)

    def spawning_complete(self, **_: object) -> None:
        """Note when all users were first running."""
        for run in self.runs.active:
            if not run.description.over:
                run.description.spawned_time = run.description.spawned_time or time.time()

    def note_interruption(self, **_: object) -> None:
        """The process begins to end: note which runs it interrupts."""
        self.runs.note_interruption()

    def quitting(self) -> None:
        """Hear the workers' last reports; with ``--push-required`` or a gate decide the exit code.

        The last of all listeners: what others make of the exit code is known by now.
        """
        environment, runs = self._environment, self.runs
        if isinstance(environment.runner, MasterRunner) and runs.active:
            if len(environment.runner.greenlet):
                # Locust's own listener does this, but where Locust is a library it may stand behind this one.
                environment.runner.quit()
            # The run is over, and nobody receives any more.
            self._from_workers.hear_last_reports(environment.runner)
            runs.finish_active()
        if not any(run.settings.required or run.settings.gates or run.settings.aborts for run in runs.held):
            return
        if runs.active and environment.runner:
            # The process is ending during the run: end the run now, as a master does in its own listener.
            environment.runner.quit()
        runs.finish_active()
        locust_code = locust_exit_code(environment, unhandled=unhandled_exception())
        runs.announce(locust_code)
        runs.wait()
        code = exit_code(locust_code, undelivered=runs.lacking, gate_met=runs.gate_met, aborted=runs.aborted)
        if code != locust_code:
            environment.process_exit_code = code

    def quit(self, exit_code: int | None) -> None:
        """Wait until all runs are closed; ``exit_code`` is that of the process, where it is known."""
        self.runs.finish_active()
        if exit_code is not None:
            self.runs.announce(exit_code)
        self._to_master.send_last_reports()
        self.runs.wait()

    def _be_scraped(self) -> None:
        """Add the pages for Prometheus to the web UI, where there is one."""
        web_ui = self._environment.web_ui
        if web_ui is None or not self._is_scraped():
            return
        from locust_push.plugin import web_pages  # noqa: PLC0415  # prometheus_client takes 60 ms, which only this needs

        web_pages.add_routes(web_ui, lambda: self.runs.held[-1] if self.runs.held else None, give_way)

    def _is_scraped(self) -> bool:
        options = self._environment.parsed_options
        return self._environment.web_ui is not None and options is not None and web_metrics(options)

    def _usable_settings(self) -> Settings | None:
        """Return the settings of a run that starts; the web form, or a worker's machine, may have spoilt them."""
        try:
            return self._settings()
        except ConfigurationError as error:
            if self._form.restore(error.option, self._environment.parsed_options):
                logger.error("locust-push: %s; the run goes on without that", error)  # noqa: TRY400  # one line
                return self._usable_settings()
            logger.error("locust-push: this process pushes nothing: %s", error)  # noqa: TRY400  # the same
            return None

    def _settings(self) -> Settings | None:
        options = self._environment.parsed_options
        if options is None:
            return None
        return settings_from_options(
            options,
            environ=os.environ,
            hostname=socket.gethostname(),
            pid=os.getpid(),
            own=self._own_options,
            scraped=self._is_scraped(),
        )

    def _start(self, settings: Settings, run_id: str) -> None:
        environment, process = self._environment, self._process
        role = role_of(environment)
        info = describe(environment) if role.speaks_for_run else ()
        owned = self._asked_name.owned if role is Role.WORKER else given_instance(environment.parsed_options)
        instance = process.instances.claim(run_id, settings.instance, owned=settings.instance == owned)
        settings = replace(settings, instance=instance)
        use_buckets(settings.buckets)
        process.start_run(self, run_id, settings)
        from locust_push.live.run import ActiveRun  # noqa: PLC0415 - see above

        run = ActiveRun(
            settings,
            role,
            environment,
            RunDescription(run_id, info, start_time=time.time()),
            self._channels,
            process_end=ProcessEnd(environment, unhandled=unhandled_exception, near=ends_with_run(environment)),
            faults=process.faults,
            report_interval=WORKER_REPORT_INTERVAL,
            acknowledge=partial(acknowledge, environment),
            end_run=partial(end_run, environment),
        )
        if run.reports is not None:
            self._to_master.add(run.reports)
        if run.worker_reports is not None:
            run.worker_reports.expect(present_workers(environment))
        self.runs.begin(run)
