"""Real Locust environments, side by side in one process, with simulated requests."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import gevent
import pytest
from locust import User, constant_throughput, task
from locust.argument_parser import get_parser
from locust.env import Environment

import locust_push
from locust_push.plugin.listeners import Plugin
from tests.real.archive import archived, last_values


class Pretender(User):
    """A user that fires request events."""

    wait_time = constant_throughput(50)

    @task
    def pretend(self) -> None:
        """Fire an event."""
        pretender: Any = type(self)
        pretender.said += 1
        self.environment.events.request.fire(
            request_type="GET", name="/", response_time=5.0, response_length=1, exception=None, context={}
        )


def set_exit_code(code: int, environment: Environment, **_: object) -> None:
    """Exit as Locust's documentation shows."""
    environment.process_exit_code = code


class Bench:
    """An environment with a run in progress."""

    def __init__(self, folder: Path, plugin: Plugin, run_id: str, *options: str, theirs: int | None = None) -> None:
        """Start it; an earlier listener sets the exit code to ``theirs``."""
        locust_push.register()  # other tests may have imported it before Locust
        arguments = ["--push-url", f"file:{folder}", "--push-spool", "", "--push-run-id", run_id, *options]
        parsed = get_parser(default_config_files=[]).parse_args(arguments)
        self.users = cast("Any", type(f"Pretender_{run_id}", (Pretender,), {"said": 0}))
        self.environment = Environment(user_classes=[self.users], parsed_options=parsed)
        self.events = cast("Any", self.environment.events)
        if theirs is not None:
            self.events.quitting.add_listener(partial(set_exit_code, theirs))
        plugin.register(self.events)
        self.runner = self.environment.create_local_runner()
        self.runner.start(1, 1)
        with gevent.Timeout(20):
            while self.users.said < 5:
                gevent.sleep(0.01)

    def end(self) -> int:
        """End run and process; return the exit code."""
        self.runner.quit()
        self.events.quitting.fire(environment=self.environment, reverse=True)
        code = self.environment.process_exit_code or 0
        self.events.quit.fire(exit_code=code)
        return code


def test_environments_at_once_are_apart(tmp_path: Path) -> None:
    """Each has its own run, without an init event, and ending one does not end the other."""
    plugin = Plugin()
    first, second = Bench(tmp_path, plugin, "first"), Bench(tmp_path, plugin, "second")
    assert first.end() == 0
    said = second.users.said
    with gevent.Timeout(20):
        while second.users.said < said + 5:
            gevent.sleep(0.01)
    assert second.end() == 0
    for bench, run_id in ((first, "first"), (second, "second")):
        assert archived(tmp_path, run_id).requests == bench.users.said


@pytest.mark.parametrize(
    ("options", "theirs", "expected"),
    [
        (("--push-gate", "requests > 0"), None, 3),
        (("--push-gate", "requests > 0"), 0, 3),
        (("--push-gate", "requests > 0"), 7, 7),
        (("--push-gate", "requests > 1000000"), None, 0),
        (("--push-url", "file:/proc/none", "--push-required"), 0, 4),
    ],
)
def test_the_last_word_on_the_exit_code(
    options: tuple[str, ...], theirs: int | None, expected: int, tmp_path: Path
) -> None:
    """The exit code of a gate or --push-required is set, whatever an earlier listener of quitting sets."""
    bench = Bench(tmp_path, Plugin(), "judged", "--headless", *options, theirs=theirs)
    assert bench.end() == expected
    assert last_values(tmp_path, "judged")["locust_run_exit_code",] == expected


def test_a_mistake_in_the_form_is_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run with the invalid value is pushed without it, and so is the next one."""
    plugin = Plugin()
    bench = Bench(tmp_path, plugin, "first", "--push-required")
    bench.runner.stop()
    vars(bench.environment.parsed_options)["push_label"] = ["team=a", "2nd=b"]
    bench.runner.start(1, 1)
    with gevent.Timeout(20):
        while bench.runner.user_count == 0:
            gevent.sleep(0.01)
    assert bench.end() == 4
    assert vars(bench.environment.parsed_options)["push_label"] == ["team=a"]
    assert "left out of the web form: --push-label '2nd=b'" in caplog.text
    assert archived(tmp_path, "first-2").requests > 0


def test_an_environment_without_options_pushes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An environment without options pushes nothing, and an ignored URL is logged once."""
    monkeypatch.setenv("LOCUST_PUSH_URL", "file:runs")
    plugin = Plugin()
    for _ in range(2):
        environment = Environment(user_classes=[])
        plugin.register(environment.events)
        environment.create_local_runner()
        plugin.on_test_start(environment)
    (record,) = caplog.records
    assert "LOCUST_PUSH_URL is ignored" in record.getMessage()
