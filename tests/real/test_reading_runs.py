"""Results read from any destination are those that Locust counted and measured."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from locust_push.results.model import PERCENTILE_SHARES
from locust_push.results.sources.archive import Archive
from locust_push.results.sources.kept import KEPT_FILE
from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import ROOT, LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.query import QueryableServer
from tests.servers.target import Target


def locust_push(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours."""
    command = [sys.executable, "-m", "locust_push", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment)


def document(*arguments: str | Path) -> dict[str, Any]:
    """Return the output of a command as JSON."""
    done = locust_push(*arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class RealRun:
    """A finished run: Locust's output, and its response times in ms by name."""

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
    """Make a local run and return its results."""
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


def more_than(target: Target, total: int) -> bool:
    """Whether the target has served a number of requests."""
    return target.total() > total


def near(value: Any) -> Any:
    """Return a document with sums rounded, since sources add them in different orders."""
    if isinstance(value, dict):
        return {name: near(one) for name, one in value.items()}
    if isinstance(value, list):
        return [near(one) for one in value]
    return pytest.approx(value, rel=1e-9, abs=0.0) if isinstance(value, float) else value


def exact(times: Sequence[float], share: float) -> float:
    """Return the order statistic in seconds."""
    ordered = sorted(times)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1] / 1000


def assert_true(found: dict[str, Any], run: RealRun) -> None:
    """Counts equal Locust's, and response times are within the stated error of the raw ones."""
    for row in found["rows"]:
        said, times = run.said[row["name"]], run.times[row["name"]]
        assert (row["requests"], row["failures"]) == (said["num_requests"], said["num_failures"])
        for name, share in PERCENTILE_SHARES.items():
            error = 1.0001 * row["precision"]["relative_error"]
            assert row[name] == pytest.approx(exact(times, share), rel=error), (row["name"], name)
        assert row["avg"] == pytest.approx(sum(times) / len(times) / 1000)
        # VictoriaMetrics rounds to 12 digits.
        assert row["min"] <= min(times) / 1000 * (1 + 1e-9)
    assert {row["name"] for row in found["rows"]} == run.said.keys() == {"/items", "/slow", "/flaky/10"}
    assert found["aggregated"]["requests"] == sum(len(times) for times in run.times.values())
    assert found["aggregated"]["failures_by_kind"] == {"HTTP 500": run.said["/flaky/10"]["num_failures"]}


def assert_kept(archive: Path, run_id: str) -> None:
    """Assert that what was kept of a run when it was read is what its segments give."""
    source = Archive(archive, pytest.fail)
    kept, file = source.read(run_id), archive / run_id / KEPT_FILE
    file.unlink()  # raises where there is none
    assert repr(source.read(run_id)) == repr(kept), "also NaN, which equals nothing"
    assert file.is_file()


def test_show_equals_locusts_own_counts_and_the_raw_times(
    receiver: QueryableServer, target: Target, tmp_path: Path
) -> None:
    """Counts are exact, and times within the stated error, from a store and from an archive, with the same series."""
    run = make_run(tmp_path, target, f"show-{receiver.name}", receiver.write_url, "file:runs")
    receiver.query("1")  # makes VictoriaMetrics show at once what it was given
    stored = document("show", run.run_id, "--from", receiver.url)
    archived = document("show", run.run_id, "--from", f"file:{tmp_path}/runs")
    assert_true(stored, run)
    assert_true(archived, run)
    assert_kept(tmp_path / "runs", run.run_id)
    for found in (stored, archived):
        assert len(found["series"]) >= 3
        assert max(point["users"] for point in found["series"]) == 10
    assert [point["elapsed"] for point in stored["series"]] == pytest.approx(
        [point["elapsed"] for point in archived["series"]], abs=0.002
    )
    assert stored["rows"] == near(archived["rows"])


def test_a_comparison_is_the_same_from_prometheus_and_from_the_archive(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """Every number of a comparison is the same for two distributed runs that were pushed to both."""
    for run_id, path in (("both-1", "/slow/20"), ("both-2", "/slow/30")):
        before = target.total()
        with LocustProcess(
            tmp_path, *HEADLESS, *distributed(), "-u", "10", "-r", "10", "-H", target.url, "--push-run-id", run_id,
            "--push-url", prometheus.write_url, "--push-url", "file:runs", "--push-interval", "500ms",
            locustfile="three_speeds.py", environ={"SLOW_PATH": path},
        ) as locust:  # fmt: skip
            locust.end_when(partial(more_than, target, before + 800))
    stored, archived = (
        document("compare", "both-1", "both-2", "--from", source)
        for source in (prometheus.url, f"file:{tmp_path}/runs")
    )
    assert_kept(tmp_path / "runs", "both-1")
    # The ends are gauges, which come through whole; the job and the user's labels are on every series.
    assert stored["run"] == archived["run"]
    assert stored["rows"] == near(archived["rows"])
    assert stored["aggregated"] == near(archived["aggregated"])
    (slow,) = [row for row in stored["rows"] if row["name"] == "/slow"]
    assert slow["changes"]["p50"]["verdict"] == "worse"
    assert stored["aggregated"]["changes"]["requests"]["after"] > 700


@pytest.mark.parametrize("form", ["native", "both"])
def test_native_histograms_are_read(form: str, receiver: QueryableServer, target: Target, tmp_path: Path) -> None:
    """Native histograms are read from each store that supports them and from the archive, with every request."""
    run_id = f"native-{form}-{receiver.name}"
    run = make_run(
        tmp_path, target, run_id, receiver.write_url, "file:runs", requests=600,
        arguments=("--push-histogram", form, "--push-native-schema", "5"),
    )  # fmt: skip
    receiver.query("1")
    for source in (receiver.url, f"file:{tmp_path}/runs"):
        found = document("show", run.run_id, "--from", source)
        assert_true(found, run)
        for row in found["rows"]:
            assert sum(count for _, _, count in row["histogram"]) == pytest.approx(row["requests"], abs=0.5), source
            assert len(row["histogram"]) > 3


def test_a_run_that_was_scraped_from_a_pushgateway_is_read(
    start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """A run scraped from a Pushgateway has series beyond its end, but is finished, with Locust's counts."""
    gateway = start_server(Pushgateway)
    scrape = {"job_name": "pushgateway", "honor_labels": True, "static_configs": [{"targets": [gateway.address]}]}
    store = start_server(Prometheus, version=3, scrape_configs=[scrape])
    # It begins to scrape five seconds after its start, by when a short run would be over.
    eventually(lambda: store.value('up{job="pushgateway"}') == 1, within=30)
    run = make_run(tmp_path, target, "gateway", gateway.url)
    total = sum(entry["num_requests"] for entry in run.said.values())
    query = 'sum(last_over_time(locust_requests_total{run_id="gateway"}[10m]))'
    eventually(lambda: store.value(query) == total and store.value("locust_run_end_time_seconds"), within=40)
    found = document("show", "latest", "--from", store.url)
    assert_true(found, run)
    assert max(point["elapsed"] for point in found["series"]) <= found["run"]["duration"] + 1


def test_runs_are_listed_newest_first_and_filtered(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Runs are filtered by labels of the user and of locust_run_info, in a store and in an archive."""
    own = f"user-{target.port}"
    for number, branch in enumerate(("main", "topic", "main")):
        make_run(
            tmp_path, target, f"{own}-{number}", prometheus.write_url, "file:runs", requests=100,
            arguments=("--push-label", f"owner={own}", "--push-label", f"branch={branch}"),
        )  # fmt: skip
    for source in (prometheus.url, f"file:{tmp_path}/runs"):
        found = document("runs", "--from", source, "--match", f"owner={own}", "--match", "branch=main")
        assert [run["run_id"] for run in found["runs"]] == [f"{own}-2", f"{own}-0"]
        assert [run["state"] for run in found["runs"]] == ["finished", "finished"]
        (newest,) = document("runs", "--from", source, "--match", f"owner={own}", "--limit", "1")["runs"]
        assert newest["run_id"] == f"{own}-2"
        assert newest["info"]["host"] == target.url
        none = locust_push("runs", "--from", source, "--match", f"owner={own}", "--match", "branch=none")
        assert (none.returncode, none.stderr.count("\n")) == (1, 1), none.stderr


def test_a_run_that_is_going_on_is_refused_and_shown_on_request(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """A run in progress is refused in one line with code 1, after the store's delay; --unfinished accepts it."""
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "5", "-r", "5", "-H", target.url, "--push-run-id", "going-on",
        "--push-url", "file:runs", "--push-url", prometheus.write_url, "--push-interval", "500ms",
        locustfile="three_speeds.py",
    ) as locust:  # fmt: skip
        eventually(lambda: prometheus.value('sum(locust_requests_total{run_id="going-on"})'), within=30)
        for source in (prometheus.url, f"file:{tmp_path}/runs"):
            shown = document("show", "going-on", "--unfinished", "--from", source)
            assert shown["aggregated"]["requests"] > 0
        refused = locust_push("show", "going-on", "--from", f"file:{tmp_path}/runs")
        assert refused.returncode == 1
        assert refused.stderr == "Error: run going-on is still in progress; wait for its end, or give --unfinished\n"
        assert locust.exit_code is None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("show", "latest", "--from", "http://127.0.0.1:9"), "http://127.0.0.1:9: connection: "),
        (("runs", "--from", "http://prometheus.invalid:9090"), "http://prometheus.invalid:9090: "),
    ],
)
def test_a_store_that_cannot_be_reached_costs_one_line(command: tuple[str, ...], words: str) -> None:
    """An unreachable store is one line with the URL, and exit code 1."""
    done = locust_push(*command)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert words in done.stderr


def test_a_server_that_is_no_store_costs_one_line(target: Target) -> None:
    """A server of another type is one line."""
    done = locust_push("runs", "--from", target.url)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "not a query API of Prometheus" in done.stderr
