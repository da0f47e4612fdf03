"""The order in which Locust's events may come, with an environment of Locust's own."""

from pathlib import Path

import pytest
from locust.argument_parser import get_parser
from locust.env import Environment

import locust_push
from locust_push.plugin.listeners import Plugin


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment as it is before Locust has made its runner."""
    locust_push.register()  # other tests may have imported it before Locust
    arguments = ["--push-url", f"file:{tmp_path}", "--push-spool", ""]
    return Environment(parsed_options=get_parser().parse_args(arguments))


def test_a_run_that_starts_before_the_runner_is_there_waits_for_it(environment: Environment) -> None:
    """A worker that joins late hears of the run while it is being made; as what it takes part is not known then."""
    plugin = Plugin()
    plugin.on_test_start(environment)
    assert repr(plugin) == "<Plugin []>"


def test_a_run_that_starts_with_the_runner_starts_at_once(environment: Environment) -> None:
    """The usual order: the runner is there, and a run is a run of it."""
    environment.create_local_runner()
    plugin = Plugin()
    plugin.on_test_start(environment)
    assert " local " in repr(plugin)
    plugin.on_test_stop(environment)
    plugin.on_quit(environment.events)
