"""Connects Locust's events with the sessions of its environments.

Every entry from Locust is here, in the reporting between master and workers, or in a session's ``init``, and is
guarded: an internal error is logged once and counted, and affects neither Locust nor its exit code.
"""

from functools import partial

from locust.env import Environment
from locust.event import Events

from locust_push.options.command_line import add_options
from locust_push.plugin.process import Process
from locust_push.plugin.runs import listen_first
from locust_push.plugin.session import Session

_SESSION = "_locust_push_session"
"""The attribute of an environment that holds its session, with the same lifetime."""


class Plugin:
    """Listens to the events of one Locust process."""

    def __init__(self) -> None:
        self._process = Process()

    def __repr__(self) -> str:
        return f"<Plugin {self._process.sessions}>"

    def register(self, events: Events) -> None:
        """Add the listeners. Nothing else happens before a run starts."""
        guarded = self._process.faults.guarded
        events.init_command_line_parser.add_listener(guarded(add_options))
        events.init.add_listener(guarded(self.on_init))
        # First, since a listener of the locustfile's may end the run or the process.
        listen_first(events.test_start, guarded(self.on_test_start))
        events.test_stop.add_listener(guarded(self.on_test_stop))
        # Fired in reverse order, so this is the last listener: others have set the exit code by then.
        listen_first(events.quitting, guarded(self.on_quitting))
        events.quit.add_listener(guarded(partial(self.on_quit, events)))

    def on_init(self, environment: Environment, **_: object) -> None:
        """Check the settings."""
        self._session(environment).init()

    def on_test_start(self, environment: Environment, **_: object) -> None:
        """Start a run."""
        self._session(environment).test_start()

    def on_test_stop(self, environment: Environment, **_: object) -> None:
        """Start the end of a run."""
        self._session(environment).test_stop()

    def on_quitting(self, environment: Environment, **_: object) -> None:
        """Decide the exit code."""
        self._session(environment).quitting()

    def on_quit(self, events: Events, exit_code: int | None = None, **_: object) -> None:
        """Wait for the runs of all environments with these events."""
        for session in self._process.sessions:
            if session.events is events:
                session.quit(exit_code)

    def _session(self, environment: Environment) -> Session:
        session: Session | None = vars(environment).get(_SESSION)
        if session is None:
            session = vars(environment)[_SESSION] = Session(environment, self._process)
        return session
