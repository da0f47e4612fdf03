"""Locust's events and options on one side, :mod:`locust_push.assemble` on the other. The only file that imports Locust.

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
import copy
import logging
import os
import random
import socket
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import locust
from locust.env import Environment
from locust.event import Events
from locust.runners import WORKER_REPORT_INTERVAL, MasterRunner, WorkerRunner

from locust_push.assemble import ActiveRun, Role, RunDescription
from locust_push.core.series import Labels
from locust_push.custom import RUN_LABELS, check_registry, registered_collectors
from locust_push.declare import use_buckets
from locust_push.logs.attach import LogFile, open_log_file
from locust_push.notify import Channel, open_channels
from locust_push.options import add_options, log_file_from_options, settings_from_options, web_metrics
from locust_push.run import RunIds, detect_ci, detect_git, generate_run_id, run_command, run_info_labels
from locust_push.settings import ConfigurationError, Settings

logger = logging.getLogger(__name__)

UNDELIVERED = 4
"""Exit code with ``--push-required`` where anything was left undelivered."""

PUSHES = "locust_push"
"""Key in a worker's report to the master: whether it pushes its requests."""

LONGEST_CONNECT = 5.0
"""Seconds that forked workers have to connect to a master that is about to send them home."""


class Plugin:
    """Listens to the events of one Locust process."""

    def __init__(self) -> None:
        self._own_options: argparse.Namespace | None = None
        self._run_ids = RunIds()
        self._starts: Counter[tuple[str, str]] = Counter()
        self._asked_run_id: str | None = None
        self._resolved_run_id: str | None = None
        self._runs: list[ActiveRun] = []
        self._silent_workers: set[str] = set()
        self._undelivered_before = 0
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
            # The master's options overwrite these with the first spawn message; what only this machine knows is kept.
            self._own_options = copy.copy(environment.parsed_options)
            environment.events.report_to_master.add_listener(self.on_report_to_master)
            self._try_log_file(environment)
            return
        try:
            self._open_log_file(environment)
            settings = self._settings(environment)
            check_custom_metrics(settings)
            if settings:
                self._channels = open_channels("--push-notify", [url.read() for url in settings.notify])
        except ConfigurationError as error:
            sys.stderr.write(f"locust-push: error: {error}\n")
            send_workers_home(environment)
            sys.exit(2)
        self._be_scraped(environment)
        if role_of(environment) is Role.MASTER:
            environment.events.worker_report.add_listener(self.on_worker_report)

    def on_test_start(self, environment: Environment, **_: object) -> None:
        """Start pushing, if there is a URL."""
        self._try_log_file(environment)
        try:
            settings = self._settings(environment)
        except ConfigurationError as error:
            # Only where the web form or a worker's own machine differs from what was checked before.
            logger.error("locust-push: nothing is pushed by this process: %s", error)  # noqa: TRY400  # one line
            return
        if settings is not None:
            self._finish_active(environment)
            self._start(environment, settings, self._resolve_run_id(environment, settings))

    def on_test_stop(self, environment: Environment, **_: object) -> None:
        """Begin the end of the run; a master first waits for its workers' last reports."""
        for run in self._active():
            run.description.end_time = time.time()
            if role_of(environment) is Role.MASTER:
                run.finish_later(WORKER_REPORT_INTERVAL + 1)
            else:
                finish(environment, run)

    def on_quitting(self, environment: Environment, **_: object) -> None:
        """With ``--push-required`` set the exit code, which Locust decides right after this event."""
        if not any(run.settings.required for run in self._runs):
            return
        if self._active() and environment.runner and role_of(environment) is not Role.MASTER:
            # The process was told to end during the run: end it now, as a master does in a listener of its own.
            environment.runner.quit()
        self._finish_active(environment)
        if self._wait():
            environment.process_exit_code = UNDELIVERED

    def on_report_to_master(self, data: dict[str, Any], **_: object) -> None:
        """Tell the master, every three seconds, whether this worker pushes."""
        data[PUSHES] = any(run.pushes for run in self._active())

    def on_worker_report(self, client_id: str, data: dict[str, Any], **_: object) -> None:
        """Warn, once per worker, of one that makes requests and does not push them: sums would be wrong unnoticed."""
        silent = any(run.pushes for run in self._active()) and data.get("user_count") and not data.get(PUSHES)
        if silent and client_id not in self._silent_workers:
            self._silent_workers.add(client_id)
            logger.warning(
                "locust-push: worker %s does not push, its requests are missing; its log says why, or else import "
                "locust_push in its locustfile, or start it with locust-push run",
                client_id,
            )

    def on_quit(self, **_: object) -> None:
        """Wait until all runs are delivered, or their flush timeouts are over."""
        for run in self._active():
            run.finish()
        self._wait()

    def _be_scraped(self, environment: Environment) -> None:
        """Add the pages for Prometheus to the web UI, where there is one."""
        web_ui = environment.web_ui
        if web_ui is None or not self._is_scraped(environment):
            return
        from locust_push import agent, webui  # noqa: PLC0415  # prometheus_client takes 60 ms, which only this needs

        webui.add_routes(web_ui, lambda: self._runs[-1] if self._runs else None, agent.give_way)

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
        self._resolved_run_id = self._run_ids.claim(self._asked_run_id or new_run_id())
        vars(environment.parsed_options)["push_run_id"] = self._resolved_run_id
        return self._resolved_run_id

    def _start(self, environment: Environment, settings: Settings, run_id: str) -> None:
        role = role_of(environment)
        info = describe(environment) if role.speaks_for_run else ()
        if not self._starts:
            atexit.register(self.on_quit)
        self._starts[run_id, settings.instance] += 1
        if (start := self._starts[run_id, settings.instance]) > 1:
            # A worker that left a run and came back: its counters begin at 0 again, so they must be other series.
            settings = replace(settings, instance=f"{settings.instance}-{start}")
        use_buckets(settings.buckets)
        if self._log_file is not None:
            self._log_file.set_run(run_id, (("job", settings.job), ("instance", settings.instance), *settings.labels))
        description = RunDescription(run_id, info, start_time=time.time())
        run = ActiveRun(settings, role, environment, description, self._channels)
        if run.recorder is not None:
            environment.events.request.add_listener(run.recorder.on_request)
            environment.events.user_error.add_listener(run.recorder.on_user_error)
        self._forget_done()
        self._runs.append(run)
        run.start()

    def _forget_done(self) -> None:
        """Keep of runs that are over only what they left undelivered: a web UI may see hundreds of them."""
        self._undelivered_before += sum(run.agent.undelivered_samples for run in self._runs if run.agent.done)
        self._runs = [run for run in self._runs if not run.agent.done]

    def _active(self) -> list[ActiveRun]:
        return [run for run in self._runs if not run.agent.finished]

    def _finish_active(self, environment: Environment) -> None:
        for run in self._active():
            finish(environment, run)

    def _wait(self) -> int:
        """Wait for all flushes; return how many samples are undelivered."""
        for run in self._runs:
            run.agent.wait()
        return self._undelivered_before + sum(run.agent.undelivered_samples for run in self._runs)


def send_workers_home(environment: Environment) -> None:
    """End the workers of ``--processes`` before the run.

    They are forked by now, and Locust's own clean-up at exit overlooks those that are alive: they would look for their
    master for minutes. Locust tells those to quit that have connected, for which they get a few seconds.
    """
    expected = getattr(environment.parsed_options, "processes", None)
    if not expected or not isinstance(environment.runner, MasterRunner):
        return
    deadline = time.monotonic() + LONGEST_CONNECT
    while len(environment.runner.clients) < expected and time.monotonic() < deadline:
        time.sleep(0.05)
    environment.runner.quit()


def finish(environment: Environment, run: ActiveRun) -> None:
    """Take the last snapshot of a run, begin its flush, and listen no more."""
    run.finish()
    if run.recorder is not None:
        environment.events.request.remove_listener(run.recorder.on_request)
        environment.events.user_error.remove_listener(run.recorder.on_user_error)


def check_custom_metrics(settings: Settings | None) -> None:
    """Refuse metrics of the locustfile that collide with ours, where something is to be pushed.

    Raises:
        ConfigurationError: one does.
    """
    if settings is not None and settings.targets:
        collectors = registered_collectors(process_metrics=settings.process_metrics)
        check_registry(collectors, RUN_LABELS | dict(settings.labels).keys())


def role_of(environment: Environment) -> Role:
    """What this process is; a runner of the user's own making counts as local."""
    if isinstance(environment.runner, MasterRunner):
        return Role.MASTER
    return Role.WORKER if isinstance(environment.runner, WorkerRunner) else Role.LOCAL


def new_run_id() -> str:
    """A generated run ID."""
    return generate_run_id(datetime.now(UTC), os.environ, random.Random())  # noqa: S311  # tells runs apart, no secret


def describe(environment: Environment) -> Labels:
    """The labels of ``locust_run_info``: what Locust, git and the CI system know of the run."""
    options = environment.parsed_options
    runner = environment.runner
    return run_info_labels(
        locustfile=environment.locustfile,
        host=environment.host or next((user.host for user in environment.user_classes if user.host), None),
        locust_version=locust.__version__,
        users=runner.target_user_count if runner else None,
        spawn_rate=getattr(options, "spawn_rate", None),
        run_time=getattr(options, "run_time", None),
        profile=getattr(options, "profile", None),
        ci=detect_ci(os.environ),
        git=detect_git(Path.cwd(), run_command),
    )


PLUGIN = Plugin()
"""The one of this process."""

_REGISTERED: list[Events] = []


def register(events: Events | None = None) -> None:
    """See :func:`locust_push.register`."""
    events = locust.events if events is None else events
    if not any(events is other for other in _REGISTERED):
        _REGISTERED.append(events)
        PLUGIN.register(events)
