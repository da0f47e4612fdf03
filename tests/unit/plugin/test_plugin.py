"""Possible orders of Locust's events, with a real Locust environment."""

from pathlib import Path
from typing import Any

import pytest
from locust import log
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import EventHook

import locust_push
from locust_push.plugin.environment import own_options
from locust_push.plugin.listeners import Plugin
from locust_push.plugin.runs import listen_first


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Return an environment before Locust has created its runner."""
    locust_push.register()  # other tests may have imported it before Locust
    arguments = ["--push-url", f"file:{tmp_path}", "--push-spool", ""]
    return Environment(parsed_options=get_parser().parse_args(arguments))


def test_a_run_that_starts_before_the_runner_is_there_waits_for_it(environment: Environment) -> None:
    """A worker that joins late gets the start of the run before its runner exists; its role is unknown then."""
    plugin = Plugin()
    plugin.on_test_start(environment)
    assert repr(plugin) == "<Plugin []>"


def test_a_run_that_starts_with_the_runner_starts_at_once(environment: Environment) -> None:
    """In the usual order the runner exists, and the run is one of that runner."""
    environment.create_local_runner()
    plugin = Plugin()
    plugin.on_test_start(environment)
    assert " local " in repr(plugin)
    plugin.on_test_stop(environment)
    plugin.on_quit(environment.events)


def test_a_listener_of_ours_stands_first() -> None:
    """Earlier listeners come after ours; with another type of hook ours is added nevertheless."""
    hook: Any = EventHook()  # type: ignore[no-untyped-call]  # of Locust
    hook.add_listener(print)
    listen_first(hook, repr)
    assert hook._handlers == [repr, print]

    class OtherHook(EventHook):
        """A hook of another version of Locust."""

        def __init__(self) -> None:
            self.listeners: list[object] = []

        def add_listener(self, handler: object) -> object:
            """Add a listener."""
            self.listeners.append(handler)
            return handler

    other: Any = OtherHook()
    listen_first(other, repr)
    assert other.listeners == [repr]


def test_foreign_arguments_do_not_end_a_worker(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Locust is used as a library, the command line belongs to another program, and is not parsed."""
    monkeypatch.setattr("sys.argv", ["their-program", "--verbose", "-u", "not a number"])
    own = own_options(environment, overwritten=True)
    assert own is not environment.parsed_options
    assert own == environment.parsed_options
    monkeypatch.setattr("sys.argv", ["locust", "--worker", "--push-instance", "mine"])
    again = own_options(environment, overwritten=True)
    assert again
    assert again.push_instance == "mine"


def test_a_fault_of_ours_is_no_fault_of_locusts(environment: Environment, caplog: pytest.LogCaptureFixture) -> None:
    """An error in our listener is logged by us, and not seen by Locust."""
    plugin = Plugin()
    plugin.register(environment.events)
    before, log.unhandled_greenlet_exception = log.unhandled_greenlet_exception, False
    try:
        events: Any = environment.events
        events.test_stop.fire(environment="no environment")
        assert not log.unhandled_greenlet_exception
    finally:
        log.unhandled_greenlet_exception = before
    assert "internal error in Plugin.on_test_stop" in caplog.text
