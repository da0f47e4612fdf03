"""Locust's events and options on one side, :mod:`locust_push.live` on the other.

The order of events that this relies on (Locust 2.32 to 2.47):

- import of the locustfile → ``init_command_line_parser`` → fork for ``--processes`` → ``init`` → ``test_start``;
- at the end of a run ``test_stopping`` → last requests → ``test_stop``, and at the end of the process ``quitting`` →
  (where the run is still going on: its end, as above) → ``quit``. On SIGTERM and Ctrl-C the process ends so, too.

A worker must not wait in ``test_stop``: its last report to the master comes after it, and the master waits for that for
half a second only. So the flush begins in ``test_stop`` and is waited for in ``quit``. Locust does not get to ``quit``
where it fails to print its own tables (a request without a name does that), or where the locustfile leaves by
``sys.exit``; for these there is ``atexit``.
"""

import argparse
import atexit
import logging
import os
import random
import socket
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from locust.env import Environment
from locust.event import Events
from locust.runners import WORKER_REPORT_INTERVAL, MasterRunner

from locust_push.config.errors import ConfigurationError
from locust_push.custom.declare import use_buckets
from locust_push.identity.instances import Instances, new_life
from locust_push.identity.run_ids import RunIds, generate_run_id
from locust_push.live.greenlets import give_way
from locust_push.live.run_description import Role, RunDescription, exit_code
from locust_push.logs.attach import LogFile, open_log_file
from locust_push.options.command_line import add_options
from locust_push.options.resolve import (
    given_instance,
    label_values,
    log_file_from_options,
    settings_from_options,
    web_metrics,
)
from locust_push.options.settings import Settings
from locust_push.plugin.checks import channels_of, check_custom_metrics, check_end
from locust_push.plugin.environment import (
    acknowledge,
    describe,
    own_options,
    present_workers,
    role_of,
    send_workers_home,
)
from locust_push.plugin.instance_names import AnsweredNames, AskedName
from locust_push.plugin.recording import finish, finish_if_complete, listen
from locust_push.plugin.reporting import LAST_REPORTS, FromWorkers, ToMaster

if TYPE_CHECKING:
    # Imported when a run starts that pushes: a locustfile that only might should not wait for it.
    from locust_push.live.run import ActiveRun
    from locust_push.notify.channels import Channel

logger = logging.getLogger(__name__)

UNDELIVERED = 4
"""Exit code with ``--push-required`` where anything was left undelivered."""

GATE_NOT_MET = 3
"""Exit code where a ``--push-gate`` was not met, and Locust's own would be 0."""


class Plugin:
    """Listens to the events of one Locust process."""

    def __init__(self) -> None:
        self._own_options: argparse.Namespace | None = None
        self._run_ids = RunIds()
        self._instances = Instances(lambda: new_life(random.Random()))  # noqa: S311  # tells lives apart, no secret
        self._asked_name = AskedName()
        self._names = AnsweredNames()
        self._started = False
        self._asked_run_id: str | None = None
        self._resolved_run_id: str | None = None
        self._runs: list[ActiveRun] = []
        self._to_master = ToMaster(self._active)
        self._from_workers = FromWorkers(self._active)
        self._began_early = False
        self._undelivered_before = 0
        self._gate_failed_before = False
        self._channels: list[Channel] = []
        self._log_file: LogFile | None = None

    def __repr__(self) -> str:
        return f"<Plugin {self._runs}>"

    def register(self, events: Events) -> None:
        """Add the listeners. Nothing else happens before a run starts."""
        events.init_command_line_parser.add_listener(add_options)
        events.init.add_listener(self.on_init)
        events.test_start.add_listener(self.on_test_start)
        events.test_stop.add_listener(self.on_test_stop)
        events.quitting.add_listener(self.on_quitting)
        events.quit.add_listener(self.on_quit)

    def on_init(self, environment: Environment, **_: object) -> None:
        """Check the settings, so that a mistake stops Locust before the run and not after it.

        Raises:
            SystemExit: code 2, after one line on stderr; before any user was started.
        """
        if role_of(environment) is Role.WORKER:
            self._own_options = own_options(environment, overwritten=self._began_early)
            self._to_master.register(environment)
            self._asked_name.ask(environment, given_instance(self._own_options))
            self._try_log_file(environment)
            if self._began_early:
                self.on_test_start(environment)
            return
        try:
            self._open_log_file(environment)
            settings = self._settings(environment)
            check_custom_metrics(settings)
            check_end(environment, settings)
            self._channels = channels_of(settings)
        except ConfigurationError as error:
            sys.stderr.write(f"locust-push: error: {error}\n")
            send_workers_home(environment)
            sys.exit(2)
        self._be_scraped(environment)
        environment.events.spawning_complete.add_listener(self.on_spawning_complete)
        if isinstance(environment.runner, MasterRunner):
            self._from_workers.register(environment, environment.runner)
            self._names.register(environment, environment.runner, given_instance(environment.parsed_options))

    def on_test_start(self, environment: Environment, **_: object) -> None:
        """Start pushing, if there is a URL."""
        if environment.runner is None:
            # A worker that joins a run hears of its start while it is being made: what it is, is not known before init.
            self._began_early = True
            return
        self._try_log_file(environment)
        try:
            settings = self._settings(environment)
        except ConfigurationError as error:
            # Only where the web form or a worker's own machine differs from what was checked before.
            logger.error("locust-push: nothing is pushed by this process: %s", error)  # noqa: TRY400  # one line
            return
        if settings is not None:
            self._names.settle()
            self._finish_active(environment, but_waiting=True)
            self._start(environment, settings, self._resolve_run_id(environment, settings))

    def on_test_stop(self, environment: Environment, **_: object) -> None:
        """Begin the end of the run; a master first waits for its workers' last reports."""
        for run in self._active():
            if run.description.over:
                continue
            run.end(time.time())
            if run.worker_reports:
                run.worker_reports.expect(present_workers(environment))
                run.finish_later(WORKER_REPORT_INTERVAL + LAST_REPORTS)
            finish_if_complete(environment, run)

    def on_spawning_complete(self, **_: object) -> None:
        """Note when all users were first running."""
        for run in self._active():
            if not run.description.over:
                run.description.spawned_time = run.description.spawned_time or time.time()

    def on_quitting(self, environment: Environment, **_: object) -> None:
        """Hear the workers' last reports; with ``--push-required`` or a gate set the exit code."""
        if isinstance(environment.runner, MasterRunner) and self._active():
            if len(environment.runner.greenlet):
                # Locust's own listener does this, but where Locust is a library it may stand behind this one.
                environment.runner.quit()
            # The run is over, and nobody receives any more.
            self._from_workers.hear_last_reports(environment.runner)
            self._finish_active(environment)
        if not any(run.settings.required or run.settings.gates for run in self._runs):
            return
        if self._active() and environment.runner:
            # The process was told to end during the run: end it now, as a master does in a listener of its own.
            environment.runner.quit()
        self._finish_active(environment)
        undelivered = self._wait()
        if undelivered and any(run.settings.required for run in self._runs):
            environment.process_exit_code = UNDELIVERED
        elif self._gates_not_met() and not exit_code(environment):
            environment.process_exit_code = GATE_NOT_MET

    def on_quit(self, **_: object) -> None:
        """Wait until all runs are delivered, or their flush timeouts are over."""
        for run in self._active():
            run.finish()
        self._to_master.send_last_reports()
        self._wait()

    def _be_scraped(self, environment: Environment) -> None:
        """Add the pages for Prometheus to the web UI, where there is one."""
        web_ui = environment.web_ui
        if web_ui is None or not self._is_scraped(environment):
            return
        from locust_push.plugin import web_pages  # noqa: PLC0415  # prometheus_client takes 60 ms, which only this needs

        web_pages.add_routes(web_ui, lambda: self._runs[-1] if self._runs else None, give_way)

    @staticmethod
    def _is_scraped(environment: Environment) -> bool:
        options = environment.parsed_options
        return environment.web_ui is not None and options is not None and web_metrics(options)

    def _settings(self, environment: Environment) -> Settings | None:
        if environment.parsed_options is None:
            return None
        return settings_from_options(
            environment.parsed_options,
            environ=os.environ,
            hostname=socket.gethostname(),
            pid=os.getpid(),
            own=self._own_options,
            scraped=self._is_scraped(environment),
        )

    def _open_log_file(self, environment: Environment) -> None:
        """Begin the structured log, where there is to be one and it is not there yet."""
        if environment.parsed_options is None or self._log_file is not None:
            return
        if path := log_file_from_options(environment.parsed_options, own=self._own_options):
            self._log_file = open_log_file(path)

    def _try_log_file(self, environment: Environment) -> None:
        """The same in a worker, which a path that is good for the master only must not keep from its work."""
        try:
            self._open_log_file(environment)
        except ConfigurationError as error:
            logger.error("locust-push: no structured log of this process: %s", error)  # noqa: TRY400  # one line

    def _resolve_run_id(self, environment: Environment, settings: Settings) -> str:
        """The ID of the run that starts now. A master decides it, and Locust sends its options to every worker."""
        if role_of(environment) is Role.WORKER:
            if settings.run_id is None:
                logger.warning("locust-push: no run ID came from the master; does its locustfile import locust_push?")
            return settings.run_id or new_run_id()
        if settings.run_id != self._resolved_run_id:
            # Not what was written here last time, so the user's own word: from the command line or the web form.
            self._asked_run_id = settings.run_id
        from locust_push.live.run_claim import claim_run_id  # noqa: PLC0415 - see above

        self._resolved_run_id = claim_run_id(
            self._run_ids, self._asked_run_id, settings.targets, environ=os.environ, generate=new_run_id
        )
        sent = {"push_run_id": self._resolved_run_id, "push_label": label_values(settings.labels) or None}
        vars(environment.parsed_options).update(sent)
        return self._resolved_run_id

    def _start(self, environment: Environment, settings: Settings, run_id: str) -> None:
        role = role_of(environment)
        info = describe(environment) if role.speaks_for_run else ()
        if not self._started:
            self._started = True
            atexit.register(self.on_quit)
        owned = self._asked_name.owned if role is Role.WORKER else given_instance(environment.parsed_options)
        instance = self._instances.claim(run_id, settings.instance, owned=settings.instance == owned)
        settings = replace(settings, instance=instance)
        use_buckets(settings.buckets)
        if self._log_file is not None:
            self._log_file.set_run(run_id, (("job", settings.job), ("instance", settings.instance), *settings.labels))
        from locust_push.live.run import ActiveRun  # noqa: PLC0415 - see above

        run = ActiveRun(
            settings,
            role,
            environment,
            RunDescription(run_id, info, start_time=time.time()),
            self._channels,
            report_interval=WORKER_REPORT_INTERVAL,
            acknowledge=partial(acknowledge, environment),
        )
        if run.reports is not None:
            self._to_master.add(run.reports)
        if run.worker_reports is not None:
            run.worker_reports.expect(present_workers(environment))
        listen(environment, run)
        self._forget_done()
        self._runs.append(run)
        run.start()

    def _forget_done(self) -> None:
        """Keep of runs that are over only what they left undelivered: a web UI may see hundreds of them."""
        self._undelivered_before += sum(run.agent.undelivered_samples for run in self._runs if run.agent.done)
        self._gate_failed_before = self._gates_not_met()
        self._runs = [run for run in self._runs if not run.agent.done]

    def _active(self) -> "list[ActiveRun]":
        return [run for run in self._runs if not run.agent.finished]

    def _finish_active(self, environment: Environment, *, but_waiting: bool = False) -> None:
        """Finish all runs, but where asked not those that are over and only wait for workers' last reports."""
        for run in self._active():
            if but_waiting and run.description.over:
                run.overtaken()
            else:
                finish(environment, run)

    def _gates_not_met(self) -> bool:
        return self._gate_failed_before or any(run.gate_met is False for run in self._runs)

    def _wait(self) -> int:
        """Wait for all flushes; return how many samples are undelivered."""
        for run in self._runs:
            run.agent.wait()
        return self._undelivered_before + sum(run.agent.undelivered_samples for run in self._runs)


def new_run_id() -> str:
    """A generated run ID."""
    return generate_run_id(datetime.now(UTC), os.environ, random.Random())  # noqa: S311  # tells runs apart, no secret
