"""What is read back of a run is what Locust counted and measured, from whatever it was pushed to."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from locust_push.history.summary import QUANTILES
from tests.real.command_lines import HEADLESS
from tests.real.locust_process import ROOT, LocustProcess
from tests.servers.query import QueryableServer
from tests.servers.target import Target


def locust_push(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours."""
    command = [sys.executable, "-m", "locust_push", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment)


def document(*arguments: str | Path) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    done = locust_push(*arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class RealRun:
    """A run that was made: what Locust said of it, and the response times that it gave, in ms by name."""

    run_id: str
    said: Mapping[str, Mapping[str, Any]]
    times: Mapping[str, Sequence[float]]


def make_run(
    folder: Path,
    target: Target,
    run_id: str,
    *urls: str,
    arguments: Sequence[str] = (),
    requests: int = 1500,
    **environ: str,
) -> RealRun:
    """Make a local run and return what came of it."""
    raw = folder / f"{run_id}.json"
    pushes = [argument for url in urls for argument in ("--push-url", url)]
    before = target.total()
    with LocustProcess(
        folder, *HEADLESS, "--json", "-u", "10", "-r", "10", "-H", target.url, *pushes, *arguments,
        "--push-run-id", run_id, "--push-interval", "500ms",
        locustfile="three_speeds.py", environ={"RAW_TIMES": str(raw), **environ},
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() - before > requests) == 0, locust.output
    times = json.loads(raw.read_text()) if raw.exists() else {}
    return RealRun(run_id, _said(locust.output), times)


def _said(output: str) -> dict[str, Mapping[str, Any]]:
    """Return the entries of Locust's --json, by name."""
    start = output.index("\n[\n") + 1
    entries, _ = json.JSONDecoder().raw_decode(output[start:])
    return {entry["name"]: entry for entry in entries}


def exact(times: Sequence[float], share: float) -> float:
    """Return the order statistic in seconds."""
    ordered = sorted(times)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1] / 1000


def assert_true(found: dict[str, Any], run: RealRun) -> None:
    """Counts equal Locust's, and response times the raw ones within the error that is stated."""
    for row in found["rows"]:
        said, times = run.said[row["name"]], run.times[row["name"]]
        assert (row["requests"], row["failures"]) == (said["num_requests"], said["num_failures"])
        for name, share in QUANTILES.items():
            error = 1.0001 * row["precision"]["relative_error"]
            assert row[name] == pytest.approx(exact(times, share), rel=error), (row["name"], name)
        assert row["avg"] == pytest.approx(sum(times) / len(times) / 1000)
        assert row["min"] <= min(times) / 1000
    assert {row["name"] for row in found["rows"]} == run.said.keys() == {"/items", "/slow", "/flaky/10"}
    assert found["aggregated"]["requests"] == sum(len(times) for times in run.times.values())
    assert found["aggregated"]["failures_by_kind"] == {"HTTP 500": run.said["/flaky/10"]["num_failures"]}


def test_show_equals_locusts_own_counts_and_the_raw_times(
    receiver: QueryableServer, target: Target, tmp_path: Path
) -> None:
    """From a store and from an archive: counts to the request, times within the stated error, the same series."""
    run = make_run(tmp_path, target, f"show-{receiver.name}", receiver.write_url, "file:runs")
    receiver.query("1")  # makes VictoriaMetrics show at once what it was given
    stored = document("show", run.run_id, "--from", receiver.url)
    archived = document("show", run.run_id, "--from", f"file:{tmp_path}/runs")
    assert_true(stored, run)
    assert_true(archived, run)
    for found in (stored, archived):
        assert len(found["series"]) >= 3
        assert max(point["users"] for point in found["series"]) == 10
    assert [point["elapsed"] for point in stored["series"]] == pytest.approx(
        [point["elapsed"] for point in archived["series"]], abs=0.002
    )
    assert stored["rows"] == pytest.approx(archived["rows"])
