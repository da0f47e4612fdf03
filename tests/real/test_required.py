"""``--push-required`` on the master also covers undelivered data of its workers."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, alone_as_master
from tests.real.locust_process import LocustProcess
from tests.servers.checked import found_problems
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target

UNREACHABLE = {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}
"""By this proxy no request of a worker arrives; that Locust's client uses none."""


CASES: dict[str, tuple[dict[str, str], int, str]] = {
    "well": ({}, 0, ""),
    "unreachable": (UNREACHABLE, 4, "left samples undelivered"),
    "no secret": ({"LOCUST_PUSH_PASSWORD": ""}, 4, "pushes nothing: --push-username"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_master_knows_what_its_workers_could_not_deliver(
    case: str, prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """A worker that cannot reach the receiver, or has no secret, is named by the master, whose exit code is 4."""
    environ, expected, words = CASES[case]
    master_options = alone_as_master()
    secret = {"LOCUST_PUSH_PASSWORD": "hunter2"}
    with (
        LocustProcess(
            tmp_path, *HEADLESS, *master_options, "--expect-workers", "2", "-u", "4", "-r", "4", "-H", target.url,
            "--push-url", prometheus.write_url, "--push-username", "someone", "--push-interval", "500ms",
            "--push-required", "--push-flush-timeout", "3s", environ=secret,
        ) as master,
        LocustProcess(tmp_path, "--worker", "--master-port", master_options[-1], environ=secret) as good,
        LocustProcess(
            tmp_path, "--worker", "--master-port", master_options[-1], environ={**secret, **environ}
        ) as other,
    ):  # fmt: skip
        assert master.end_when(lambda: target.total() > 200) == expected, master.output
        good.wait()
        other.wait()
    assert words in master.output
    assert "hunter2" not in master.output


def test_a_worker_that_was_lost_is_undelivered(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """With a killed worker complete delivery is not certain, so the exit code is 4."""
    master_options = alone_as_master()
    worker = ("--worker", "--master-port", master_options[-1])
    with (
        LocustProcess(
            tmp_path, *HEADLESS, *master_options, "--expect-workers", "2", "-u", "4", "-r", "4", "-H", target.url,
            "--push-url", prometheus.write_url, "--push-interval", "500ms", "--push-required",
            "--push-flush-timeout", "2s",
        ) as master,
        LocustProcess(tmp_path, *worker) as good,
        LocustProcess(tmp_path, *worker) as doomed,
    ):  # fmt: skip
        eventually(lambda: target.total() > 200, within=40)
        doomed.kill()
        master.wait_for("setting state to missing")
        master.signal(signal.SIGTERM)
        assert master.wait() == 4, master.output
        good.wait()
    assert "has not reported whether it delivered everything" in master.output


def test_workers_of_one_instance_are_undelivered(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Two workers that write the same series, against all odds: the store lacks requests of one, so nothing is well."""
    master_options = alone_as_master()
    environ = {"LOCUST_PUSH_INSTANCE": "load"}
    worker = ("--worker", "--master-port", master_options[-1])
    with (
        LocustProcess(
            tmp_path, *HEADLESS, *master_options, "--expect-workers", "2", "-u", "4", "-r", "4", "-H", target.url,
            "--push-url", prometheus.write_url, "--push-interval", "500ms", "--push-required", environ=environ,
        ) as master,
        LocustProcess(tmp_path, *worker, locustfile="same_lives.py", environ=environ) as one,
        LocustProcess(tmp_path, *worker, locustfile="same_lives.py", environ=environ) as other,
    ):  # fmt: skip
        assert master.end_when(lambda: "both push as instance 'load-" in master.output) == 4, master.output
        one.wait()
        other.wait()
    assert any("ends twice" in problem for problem in found_problems()), "the rules find two writers of one series"
