"""The run over time: reports, dashboards and scrapers show the rate at which requests were made."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.real.test_reading_runs import document
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.query import QueryableServer
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics


@dataclass(frozen=True)
class Run:
    """A run in a folder of its own, with a tick a second and an archive."""

    folder: Path
    locust: LocustProcess

    @property
    def archive(self) -> str:
        """The URL to read it from."""
        return f"file:{self.folder / 'runs'}"

    def end_after(self, seconds: float) -> dict[str, Any]:
        """End it some seconds after all of its users run; return the data of its report."""
        self.locust.wait_for("All users spawned")
        end = time.monotonic() + seconds
        assert self.locust.end_when(lambda: time.monotonic() > end, within=60) == 0, self.locust.output
        run: dict[str, Any] = json.loads((self.folder / "r.json").read_text())["run"]
        return run


@contextmanager
def started(folder: Path, mode: str, target: Target, *arguments: str) -> Iterator[Run]:
    """Start a run."""
    workers = distributed() if mode == "distributed" else ()
    with LocustProcess(
        folder, *HEADLESS, *workers, "-u", "8", "-r", "80", "-H", target.url, "--push-interval", "1s",
        "--push-url", "file:runs", "--push-report", "r.json", *arguments,
    ) as locust:  # fmt: skip
        yield Run(folder, locust)


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


@pytest.fixture
def stores(
    prometheus2: Prometheus, prometheus3: Prometheus, victoria_metrics: VictoriaMetrics
) -> Sequence[QueryableServer]:
    """All readable stores; one run is pushed to all of them."""
    return prometheus2, prometheus3, victoria_metrics


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_the_curve_is_that_of_the_run(
    target: Target, tmp_path: Path, stores: Sequence[QueryableServer], mode: str
) -> None:
    """The mean is right in runs shorter and longer than the window of the gauges, from an archive and from stores.

    The short runs are made during the long one.
    """
    urls = [argument for store in stores for argument in ("--push-url", store.write_url)]
    with started(tmp_path / "45", mode, target) as long:
        with started(tmp_path / "10", mode, target, "--push-run-id", f"curve-{mode}", *urls) as run:
            stored = run.end_after(10)
            assert_reports_hold(run, stored, mode)
        with started(tmp_path / "6", mode, target) as run:
            assert_reports_hold(run, run.end_after(6), mode)
        for store in stores:
            assert_store_holds(store, f"curve-{mode}", stored["aggregated"]["requests"])
        elapsed = time.time() - (tmp_path / "45" / "runs").stat().st_ctime
        assert_reports_hold(long, long.end_after(max(0, 45 - elapsed)), mode)


def assert_reports_hold(run: Run, reported: dict[str, Any], mode: str) -> None:
    """Check the report at the end of a run, and the results read from its archive.

    A master's own report has a point for each report of a worker, which come every three seconds.
    """
    assert_holds(reported, 5 if mode == "distributed" else 2)
    assert_holds(document("show", "latest", "--from", run.archive), 3)
    assert max(point["users"] for point in reported["series"]) == 8


def assert_store_holds(store: QueryableServer, run_id: str, requests: int) -> None:
    """Check the results read from a store, as soon as it has all requests."""

    def read() -> dict[str, Any]:
        return document("show", run_id, "--from", store.url)

    eventually(lambda: read()["aggregated"]["requests"] == requests, within=60)
    assert_holds(read(), 3)
    assert_gauge_holds(store, read())


def assert_gauge_holds(store: QueryableServer, run: dict[str, Any]) -> None:
    """Check the gauge that alerts and scrapers see: its plateau is the mean, and it lasts from soon after the start."""
    start, duration = run["run"]["start_time"], run["run"]["duration"]
    query = f'max(locust_requests_per_second{{run_id="{run["run"]["run_id"]}"}})'
    (gauge,) = store.query_range(query, start, start + duration)
    values = [value for _, value in gauge.values if value > 0]
    assert median(values) == pytest.approx(run["aggregated"]["rps"], rel=0.15), values
    assert len(values) > duration / 2, values


def test_a_run_shorter_than_a_tick_has_its_users_and_its_fastest_request(target: Target, tmp_path: Path) -> None:
    """A run shorter than a tick has only the last snapshot, after all users have stopped."""
    with started(tmp_path, "local", target, "--push-interval", "1m") as run:
        reported = run.end_after(1.5)
    assert [point["users"] for point in reported["series"]][-1] == 8
    stored = document("show", "latest", "--from", run.archive)
    assert 0 < stored["aggregated"]["min"] == reported["aggregated"]["min"] < stored["aggregated"]["p50"]
