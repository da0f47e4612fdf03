"""The run over time: reports, dashboards and scrapers show the rate at which requests were made."""

import json
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.real.test_reading_runs import document
from tests.servers.poll import eventually
from tests.servers.query import QueryableServer
from tests.servers.target import Target


def run_for(seconds: float, mode: str, folder: Path, target: Target, *arguments: str) -> dict[str, Any]:
    """Make a run with a tick per second; return the data of its report."""
    workers = distributed() if mode == "distributed" else ()
    before = target.total()
    with LocustProcess(
        folder, *HEADLESS, *workers, "-u", "8", "-r", "80", "-H", target.url, "--push-interval", "1s",
        "--push-url", "file:runs", "--push-report", "r.json", *arguments,
    ) as locust:  # fmt: skip
        eventually(lambda: target.total() > before, within=40)
        end = time.monotonic() + seconds
        assert locust.end_when(lambda: time.monotonic() > end, within=60) == 0, locust.output
    run: dict[str, Any] = json.loads((folder / "r.json").read_text())["run"]
    return run


def rates(run: dict[str, Any]) -> list[float]:
    """Return the throughput over time."""
    return [point["requests_per_second"] for point in run["series"] if point["requests_per_second"] is not None]


def assert_holds(run: dict[str, Any], ticks: int = 2) -> None:
    """Assert that a curve fits its run: the same mean, and a plateau some ticks after the first request."""
    found, mean = rates(run), run["aggregated"]["rps"]
    assert weighted_mean(run) == pytest.approx(mean, rel=0.05), found
    first = next(number for number, rate in enumerate(found) if rate)
    assert found[min(first + ticks, len(found) - 1)] == pytest.approx(median(found[first:]), rel=0.15), found
    assert run["series"][-1]["elapsed"] == pytest.approx(run["run"]["duration"], abs=0.01)


def weighted_mean(run: dict[str, Any]) -> float:
    """Return the mean of the curve, each point weighted by the time before it."""
    times = [0.0, *(float(point["elapsed"]) for point in run["series"])]
    lengths = [after - before for before, after in pairwise(times)]
    return sum(rate * length for rate, length in zip(rates(run), lengths, strict=True)) / times[-1]


@pytest.mark.parametrize("mode", ["local", "distributed"])
@pytest.mark.parametrize("seconds", [6, 10, 45])
def test_the_curve_is_that_of_the_run(target: Target, tmp_path: Path, mode: str, seconds: int) -> None:
    """The mean is right in runs shorter and longer than the window of the gauges, and from an archive.

    A master's own report has a point for each report of a worker, which come every three seconds.
    """
    run = run_for(seconds, mode, tmp_path, target)
    assert_holds(run, 5 if mode == "distributed" else 2)
    assert_holds(document("show", "latest", "--from", f"file:{tmp_path / 'runs'}"), 3)
    assert max(point["users"] for point in run["series"]) == 8


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_a_store_has_the_same_curve(target: Target, tmp_path: Path, receiver: QueryableServer, mode: str) -> None:
    """The rate between two ticks comes from counters, on every store."""
    run_id = f"curve-{mode}"
    run = run_for(10, mode, tmp_path, target, "--push-url", receiver.write_url, "--push-run-id", run_id)

    def read() -> dict[str, Any]:
        return document("show", run_id, "--from", receiver.url)

    eventually(lambda: read()["aggregated"]["requests"] == run["aggregated"]["requests"], within=60)
    assert_holds(read(), 3)


def test_a_run_shorter_than_a_tick_has_its_users_and_its_fastest_request(target: Target, tmp_path: Path) -> None:
    """A run shorter than a tick has only the last snapshot, after all users have stopped."""
    run = run_for(1.5, "local", tmp_path, target, "--push-interval", "1m")
    assert [point["users"] for point in run["series"]][-1] == 8
    stored = document("show", "latest", "--from", f"file:{tmp_path / 'runs'}")
    assert 0 < stored["aggregated"]["min"] == run["aggregated"]["min"] < stored["aggregated"]["p50"]
