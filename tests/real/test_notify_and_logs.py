"""The message at the end of a real run, and its structured log."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.monitoring.sinks import HttpSink
from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.servers.poll import eventually
from tests.servers.ports import free_port
from tests.servers.target import Target

RUN = ("-m", "locust_push", "run")
LOAD = ("-u", "4", "-r", "4", "--push-interval", "500ms")
SECRET = "very-secret-token"  # noqa: S105  # of nobody


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink().running() as sink:
        yield sink


def push(tmp_path: Path, run_id: str) -> tuple[str, ...]:
    return ("--push-url", f"file:{tmp_path / 'runs'}", "--push-run-id", run_id)


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_the_end_is_told_once_and_right(mode: str, sink: HttpSink, target: Target, tmp_path: Path) -> None:
    """A run with any number of processes sends one message with the target's counts, without secrets."""
    processes = distributed() if mode == "distributed" else ()
    with LocustProcess(
        tmp_path, *HEADLESS, *processes, *LOAD, *push(tmp_path, "notified"), "-H", target.url, "-L", "DEBUG",
        environ={"LOCUST_PUSH_NOTIFY": f"json://{sink.address}/{SECRET}", "CI": "true"},
        locustfile="one_in_ten_fails.py", command=RUN,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 60) == 0, locust.output
    (request,) = sink.received
    text = request.json["message"]
    assert request.json["title"] == "Load test passed: notified"  # with --exit-code-on-error 0 failures are no failure
    assert f"{target.total():,} requests in" in text
    assert f"- GET /flaky/10: {target.failures():,} failed" in text
    assert request.path == f"/{SECRET}"
    assert SECRET not in locust.output


def test_the_verdict_is_locusts_own(sink: HttpSink, target: Target, tmp_path: Path) -> None:
    """If failures make Locust's exit code 1, the test has failed; the message also has the gate's verdict."""
    with LocustProcess(
        tmp_path, "--headless", "--only-summary", *LOAD, *push(tmp_path, "verdict"), "-H", target.url,
        "--push-notify", f"json://{sink.address}/hook", "--push-gate", "failures > 1",
        locustfile="one_in_ten_fails.py", command=RUN,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.failures() > 2) == 1, locust.output
    (request,) = sink.received
    assert (request.json["title"], request.json["type"]) == ("Load test failed: verdict", "failure")
    assert (
        "\nGate: NOT MET: run verdict against no baseline.\n- Aggregated: failures > 1 failed: "
        in request.json["message"]
    )


def test_a_dead_channel_delays_the_exit_by_no_more_than_the_flush(target: Target, tmp_path: Path) -> None:
    """The exit comes within the flush timeout, the exit code is Locust's, and unreached channels are logged once."""
    arguments = ("--push-notify", f"json://127.0.0.1:{free_port()}/{SECRET}", "--push-flush-timeout", "1s")
    with LocustProcess(
        tmp_path, *HEADLESS, *LOAD, *push(tmp_path, "dead"), *arguments, "-H", target.url,
        locustfile="one_in_ten_fails.py", command=RUN,
    ) as locust:  # fmt: skip
        eventually(lambda: target.total() > 20, within=40)
        ended = locust.signal(signal.SIGTERM)
        assert locust.wait() == 0, locust.output
        assert time.monotonic() - ended < 5
    lines = [line for line in locust.push_lines() if "was not sent to json" in line]
    assert len(lines) == 1, locust.output
    assert SECRET not in locust.output


@pytest.mark.parametrize("url", [f"slack://{SECRET}", f"no-such-service://{SECRET}", SECRET])
def test_a_mistaken_channel_stops_locust_before_the_run(url: str, tmp_path: Path) -> None:
    """Exit code 2 and one line with the option and without the secret."""
    with LocustProcess(
        tmp_path, *HEADLESS, *LOAD, *push(tmp_path, "mistaken"), "--push-notify", url, "-H", "http://127.0.0.1:9",
        locustfile="one_in_ten_fails.py", command=RUN,
    ) as locust:  # fmt: skip
        assert locust.wait() == 2
    assert "--push-notify" in locust.output
    assert SECRET not in locust.output


def test_all_processes_write_one_structured_log(target: Target, tmp_path: Path) -> None:
    """Lines of Locust, of users and of this package, from master and workers, are complete, with run and labels."""
    path = tmp_path / "locust.json"
    arguments = ("--push-log-file", str(path), "--push-label", "team=shop")
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(), *LOAD, *push(tmp_path, "logged"), *arguments, "-H", target.url,
        locustfile="logging_users.py",
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 20) == 0, locust.output
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    users = [line for line in lines if line["message"] == "looking"]
    assert len(users) >= target.total()
    assert all(of_a_user(line) for line in users)
    assert len({line["labels"]["instance"] for line in users}) == 2
    assert len({line["process"]["pid"] for line in lines}) == 3
    assert {line["error"]["type"] for line in lines if line["message"] == "stumbled"} == {"KeyError"}
    loggers = {line["log"]["logger"] for line in lines}
    assert {"locust.main", "locust.user.task", "locust_push.live.log_lines", "shop.visitor"} <= loggers
    assert not [line for line in lines if line["message"].startswith("Type     Name")]


def of_a_user(line: dict[str, Any]) -> bool:
    known = line["user_id"].startswith("user-") and line["request_id"].startswith("r")
    run = line["run_id"], line["labels"]["team"], line["labels"]["job"]
    return known and run == ("logged", "shop", "locust") and line["test_name"] == "look"


def test_a_structured_log_needs_no_push(target: Target, tmp_path: Path) -> None:
    """Without a push URL there is no run ID, but there are lines."""
    path = tmp_path / "locust.json"
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "1", "--push-log-file", str(path), "-H", target.url, locustfile="logging_users.py"
    ) as locust:
        assert locust.end_when(lambda: target.total() > 3) == 0, locust.output
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines
    assert not any("run_id" in line for line in lines)


def test_a_log_file_that_cannot_be_written_to_stops_locust(tmp_path: Path) -> None:
    """Exit code 2 and one line with the option, the path and the reason."""
    with LocustProcess(
        tmp_path, *HEADLESS, *LOAD, "--push-log-file", str(tmp_path / "nowhere/x.json"), locustfile="logging_users.py"
    ) as locust:
        assert locust.wait() == 2
    assert "--push-log-file" in locust.output
    assert "No such file or directory" in locust.output
