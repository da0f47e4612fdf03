"""What the environments of one process share: run IDs, instances, the structured log, and the end of the process."""

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
from locust_push.identity.instances import Instances, new_life
from locust_push.identity.run_ids import RunIds, generate_run_id
from locust_push.live.faults import Faults
from locust_push.logs.attach import LogFile, open_log_file
from locust_push.options.resolve import log_file_from_options
from locust_push.options.settings import Settings

logger = logging.getLogger(__name__)


class RunsOfEnvironment(Protocol):
    """What the process needs of a session."""

    @property
    def events(self) -> Events:
        """Those of its environment."""
        ...

    @property
    def settled(self) -> bool:
        """Whether all of its runs are closed."""
        ...

    def quit(self, exit_code: int | None) -> None:
        """Close all of its runs, and wait for it."""
        ...

    def end_users(self) -> None:
        """Make no more requests."""
        ...

    def silence(self) -> None:
        """Forget all of its runs, in a forked child."""
        ...


class Process:
    """One process.

    Attributes:
        run_ids: Those that its runs have.
        instances: Those that its runs have.
        faults: Contains those of what Locust calls.
        sessions: Of environments with runs that are not closed yet.
        warned_of_url: Whether it was said that the variable with the push URL is ignored.
    """

    def __init__(self) -> None:
        self.run_ids = RunIds()
        self.faults = Faults()
        self.sessions: list[RunsOfEnvironment] = []
        self.instances = Instances(lambda: new_life(random.Random()))  # noqa: S311  # tells lives apart, no secret
        self.warned_of_url = False
        self._begun = False
        self._log_file: LogFile | None = None

    def __repr__(self) -> str:
        return f"<Process {self.sessions}>"

    def start_run(self, session: RunsOfEnvironment, run_id: str, settings: Settings) -> None:
        """Take note of a run that starts: it is to be ended with the process, and its lines in the log say so."""
        if not self._begun:
            self._begun = True
            atexit.register(self.faults.guarded(self.end))
            os.register_at_fork(after_in_child=self.faults.guarded(self.forked))
        self.sessions = [other for other in self.sessions if other is not session and not other.settled]
        self.sessions.append(session)
        if self._log_file is not None:
            self._log_file.set_run(run_id, (("job", settings.job), ("instance", settings.instance), *settings.labels))

    def end(self) -> None:
        """End what Locust did not: where it fails to print its tables, or the locustfile leaves by ``sys.exit``."""
        for session in self.sessions:
            session.end_users()
            # Python's own exit code after an exception that nobody handled, whose traceback it has printed by now.
            session.quit(1 if getattr(sys, "last_value", None) is not None else None)

    def forked(self) -> None:
        """This is a child that the locustfile has forked: the runs are its parent's."""
        for session in self.sessions:
            session.silence()
        self.sessions = []
        self.instances = Instances(lambda: new_life(random.Random()))  # noqa: S311  # as above

    def open_log_file(self, environment: Environment, own: argparse.Namespace | None) -> None:
        """Begin the structured log, where there is to be one and it is not there yet.

        Raises:
            ConfigurationError: It cannot be written.
        """
        if environment.parsed_options is None or self._log_file is not None:
            return
        if path := log_file_from_options(environment.parsed_options, own=own):
            self._log_file = open_log_file(path)

    def try_log_file(self, environment: Environment, own: argparse.Namespace | None) -> None:
        """The same in a worker, which a path that is good for the master only must not keep from its work."""
        try:
            self.open_log_file(environment, own)
        except ConfigurationError as error:
            logger.error("locust-push: this process writes no structured log: %s", error)  # noqa: TRY400  # one line


def new_run_id() -> str:
    """A generated run ID."""
    return generate_run_id(datetime.now(UTC), os.environ, random.Random())  # noqa: S311  # tells runs apart, no secret
