"""With a gate or --push-required the process ends with that exit code, which is also stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.archive import last_values
from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.servers.target import Target

NO_RECEIVER = ("--push-url", "http://127.0.0.1:9/api/v1/write", "--push-spool", "", "--push-flush-timeout", "1s")
UNMET = ("--push-gate", "requests < 1000000")
MET = ("--push-gate", "requests > 1000000")
CASES = {
    "no gate": ("", (), 0),
    "a gate that is met": ("", MET, 0),
    "a gate that is not met": ("", UNMET, 3),
    "a listener of quitting that sets 0": ("quitting sets 0", UNMET, 3),
    "a listener of quitting that sets 7": ("quitting sets 7", (), 7),
    "a listener of quitting that sets 7, and a gate": ("quitting sets 7", UNMET, 7),
    "undelivered, and a listener that sets 0": ("quitting sets 0", (*NO_RECEIVER, "--push-required"), 4),
    "an exception that nobody handled": ("test_start fails", (), 2),
    "an exception that nobody handled, and a gate": ("test_start fails", UNMET, 2),
}


def run(folder: Path, target: Target, case: str, *options: str, requests: int = 40) -> LocustProcess:
    """Run Locust to its end, pushed to an archive."""
    with LocustProcess(
        folder, *HEADLESS, "-u", "4", "-r", "4", "-H", target.url, "--push-url", "file:runs", "--push-run-id", "R",
        *options, locustfile="verdicts.py", environ={"CASE": case},
    ) as locust:  # fmt: skip
        locust.end_when(lambda: target.total() > requests)
    return locust


@pytest.mark.parametrize("name", CASES)
def test_the_store_holds_the_exit_code_of_the_process(name: str, target: Target, tmp_path: Path) -> None:
    """``locust_run_exit_code`` is the exit code of the process, whatever decides it."""
    case, options, expected = CASES[name]
    locust = run(tmp_path, target, case, *options)
    assert locust.exit_code == expected, locust.output
    assert last_values(tmp_path / "runs", "R")["locust_run_exit_code",] == expected, locust.output


def test_a_run_that_a_listener_ends_at_its_start_is_judged_and_reported(target: Target, tmp_path: Path) -> None:
    """A listener of test_start that quits, registered before ours, affects neither gate nor report.

    On a master: a local runner of Locust's hangs if it quits there, with and without locust-push.
    """
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(1), "-u", "1", "-H", target.url, "--push-url", "file:runs", *UNMET,
        "--push-report", "report.json", locustfile="verdicts.py", environ={"CASE": "test_start quits"},
    ) as locust:  # fmt: skip
        assert locust.wait() == 3, locust.output
    assert (tmp_path / "report.json").exists(), locust.output
