"""State shared by the environments of one process: run IDs, instances, the structured log, the end of the process."""

import argparse
import atexit
import logging
import os
import random
import sys
from datetime import UTC, datetime
from typing import Protocol

from locust.env import Environment
from locust.event import Events

from locust_push.config.errors import ConfigurationError
from locust_push.core.system import after_fork
from locust_push.identity.instances import Instances, new_life
from locust_push.identity.run_ids import RunIds, generate_run_id
from locust_push.live.faults import Faults
from locust_push.logs.attach import LogFile, open_log_file
from locust_push.options.resolve import log_file_from_options
from locust_push.options.settings import Settings

logger = logging.getLogger(__name__)


class RunsOfEnvironment(Protocol):
    """The interface of a session for the process."""

    @property
    def events(self) -> Events:
        """The runs of its environment."""
        ...

    @property
    def settled(self) -> bool:
        """Whether all of its runs are closed."""
        ...

    def quit(self, exit_code: int | None) -> None:
        """Close all of its runs, and wait for it."""
        ...

    def end_users(self) -> None:
        """Stop making requests."""
        ...

    def silence(self) -> None:
        """Drop all of its runs, in a forked child."""
        ...


class Process:
    """One process.

    Attributes:
        run_ids: Those of its runs.
        instances: Those of its runs.
        faults: Catches errors in functions that Locust calls.
        sessions: Sessions of environments with runs that are not closed yet.
        warned_of_url: Whether it was logged that the variable with the push URL is ignored.
    """

    def __init__(self) -> None:
        self.run_ids = RunIds()
        self.faults = Faults()
        self.sessions: list[RunsOfEnvironment] = []
        self.instances = Instances(lambda: new_life(random.Random()))  # noqa: S311  # distinguishes lives, no secret
        self.warned_of_url = False
        self._begun = False
        self._log_file: LogFile | None = None

    def start_run(self, session: RunsOfEnvironment, run_id: str, settings: Settings) -> None:
        """Note a run that starts: it ends with the process at the latest, and log lines get its ID."""
        if not self._begun:
            self._begun = True
            atexit.register(self.faults.guarded(self.end))
            after_fork(self.faults.guarded(self.forked))
        self.sessions = [other for other in self.sessions if other is not session and not other.settled]
        self.sessions.append(session)
        if self._log_file is not None:
            self._log_file.set_run(run_id, (("job", settings.job), ("instance", settings.instance), *settings.labels))

    def end(self) -> None:
        """End runs that Locust did not end because it failed to print its tables, or because of ``sys.exit``."""
        for session in self.sessions:
            session.end_users()
            # Python's own exit code after an unhandled exception, whose traceback it has printed by now.
            session.quit(1 if getattr(sys, "last_value", None) is not None else None)

    def forked(self) -> None:
        """Drop the runs in a child that the locustfile has forked: they belong to its parent."""
        for session in self.sessions:
            session.silence()
        self.sessions = []
        self.instances = Instances(lambda: new_life(random.Random()))  # noqa: S311  # as above

    def open_log_file(self, environment: Environment, own: argparse.Namespace | None) -> None:
        """Start the structured log, if one is configured and not started yet.

        Raises:
            ConfigurationError: It cannot be written.
        """
        if environment.parsed_options is None or self._log_file is not None:
            return
        if path := log_file_from_options(environment.parsed_options, own=own):
            self._log_file = open_log_file(path)

    def try_log_file(self, environment: Environment, own: argparse.Namespace | None) -> None:
        """The same in a worker, which continues without the log if the path is valid only on the master."""
        try:
            self.open_log_file(environment, own)
        except ConfigurationError as error:
            logger.error("locust-push: this process writes no structured log: %s", error)  # noqa: TRY400  # one line


def new_run_id() -> str:
    """Return a generated run ID."""
    return generate_run_id(datetime.now(UTC), os.environ, random.Random())  # noqa: S311  # distinguishes runs, no secret
