"""Runs belong to their Environment: several in one process, and none in a forked child."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.cases import ARCHIVE, REMOTE_WRITE
from tests.faults.record import keep_counts
from tests.real.archive import archived
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LOCUSTFILES, ROOT, LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target


def as_library(folder: Path, how: str, push_url: str, *targets: Target, **environ: str) -> str:
    """Run the script to its end; return its output."""
    done = subprocess.run(
        [sys.executable, LOCUSTFILES / "environments.py", how, push_url, *(target.url for target in targets)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_example_of_a_library_is_right(target: Target, tmp_path: Path) -> None:
    """Both of its runs are pushed to the URL in the environment, and together they equal the target's counts."""
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "library.py", target.url],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LOCUST_PUSH_URL": "file:runs", "LOCUST_PUSH_REQUIRED": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [archived(tmp_path / "runs", f"users-{users}").requests for users in (2, 8)]
    assert min(found) > 0
    assert sum(found) == target.total()


@pytest.mark.parametrize("how", ["together", "in turn"])
def test_each_environment_has_runs_of_its_own(
    how: str, target: Target, start_server: StartServer, tmp_path: Path
) -> None:
    """Two environments in one process, at once or in sequence, are stored completely, each as its own run."""
    other = start_server(Target)
    printed = as_library(tmp_path, how, "file:runs", target, other)
    served = [Counts.served(target), Counts.served(other)]
    found = [archived(tmp_path / "runs", f"run-{number}") for number in range(2)]
    if how == "together":
        total_served, total_found = (sum(each.requests for each in counts) for counts in (served, found))
        keep_counts("environments", ARCHIVE, total_served, total_found)
    assert min(counts.requests for counts in served) > 20
    assert found == served, printed
    assert printed == ""


def test_a_url_that_is_ignored_is_mentioned(target: Target, tmp_path: Path) -> None:
    """An environment without options pushes nothing; with the variable set, one line says so."""
    printed = as_library(tmp_path, "without options", "", target, LOCUST_PUSH_URL="file:runs")
    (line,) = printed.splitlines()
    assert "LOCUST_PUSH_URL is ignored" in line
    assert "parsed_options=get_parser().parse_args([])" in line
    assert not (tmp_path / "runs").exists()


def test_a_forked_child_is_silent(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Children that the locustfile forks during the run neither push nor affect their parent's run.

    With one user, who forks: a child shares the connections of all users, and takes answers that are for its parent.
    """
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "1", "-H", target.url, "--push-url", prometheus.write_url,
        "--push-url", "file:runs", "--push-run-id", "forked", "--push-interval", "500ms", "--push-required",
        locustfile="forking.py",
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 100) == 0, locust.output
    served, stored, found = (
        Counts.served(target), Counts.stored(prometheus, "forked"), archived(tmp_path / "runs", "forked")
    )  # fmt: skip
    keep_counts("forked", REMOTE_WRITE, served.requests, stored.requests)
    keep_counts("forked", ARCHIVE, served.requests, found.requests)
    assert stored == found == served, locust.output
    assert locust.output.count("nothing lost") == 2
