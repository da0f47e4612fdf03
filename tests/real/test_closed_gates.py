"""A gate on failed real runs: no outage, crash or interruption ends as met, at the end of the run or by the command."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.real.archive import archived, last_values
from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.real.test_reading_runs import document, locust_push
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target


def start(folder: Path, target: Target, *arguments: str, users: int = 4, **environ: str) -> LocustProcess:
    """Start a run that is pushed to an archive."""
    return LocustProcess(
        folder, *HEADLESS, "-u", str(users), "-r", str(users), "-H", target.url, "--push-url", "file:runs",
        "--push-interval", "500ms", "--push-run-id", "run", *arguments, locustfile="one_path.py", environ=environ,
    )  # fmt: skip


def judged(folder: Path, *arguments: str) -> tuple[int, str]:
    """Judge the archived run by the command; return its exit code and output."""
    done = locust_push("gate", "latest", "--from", f"file:{folder}/runs", *arguments)
    return done.returncode, done.stdout + done.stderr


def about(folder: Path) -> Any:
    """Return the run.json of the run."""
    return json.loads((folder / "runs/run/run.json").read_text())


def test_an_outage_is_not_too_few_requests_to_tell(target: Target, tmp_path: Path) -> None:
    """Some twenty requests of a second each that failed are judged the same by both."""
    met = {"error_rate > 2%": False, "p95 > 800ms": False, "failures > 3": False, "rps > 100": True}
    gates = [argument for expression in met for argument in ("--push-gate", expression)]
    arguments = ("-t", "8s", "--push-report", "r.json", *gates)
    with start(tmp_path, target, *arguments, TEST_PATH="/slow/1000", TEST_FAILS="1") as locust:
        assert locust.wait() == 3, locust.output
    assert about(tmp_path)["gate_met"] is False
    judgements = json.loads((tmp_path / "r.json").read_text())["gate"]["judgements"]
    assert {one["expression"]: one["outcome"] == "ok" for one in judgements} == met
    assert {expression: judged(tmp_path, "--fail-if", expression)[0] == 0 for expression in met} == met


def test_a_run_without_requests_is_not_met(target: Target, tmp_path: Path) -> None:
    """A run without requests is not met, with the reason, by both."""
    with start(tmp_path, target, "-t", "3s", "--push-gate", "p95 > 800ms", TEST_PATH="") as locust:
        assert locust.wait() == 3, locust.output
    assert "the run made no requests" in locust.output
    code, printed = judged(tmp_path, "--fail-if", "p95 > 800ms")
    assert (code, "the run made no requests" in printed) == (3, True), printed


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_an_interrupted_run_is_not_met_and_no_baseline(mode: str, target: Target, tmp_path: Path) -> None:
    """SIGTERM before the run time is over is an interruption; without a run time it is the normal end."""
    processes = distributed() if mode == "distributed" else ()
    with start(tmp_path, target, *processes, "-t", "60s", "--push-gate", "p95 > 10s") as locust:
        eventually(lambda: target.total() > 200, within=30)
        locust.signal(signal.SIGTERM)
        assert locust.wait() == 3, locust.output
    assert "the run was interrupted before its time was over" in locust.output
    assert judged(tmp_path, "--fail-if", "p95 > 10s")[0] == 3
    assert judged(tmp_path, "--fail-if", "p95 > 10s", "--unfinished")[0] == 0
    assert about(tmp_path)["cut_short"] == "interrupted"


def test_a_run_that_lost_a_worker_is_not_met(target: Target, tmp_path: Path) -> None:
    """A killed worker makes the gate fail, although Locust itself ends with 0."""
    with start(tmp_path, target, *distributed(), "-t", "25s", "--push-gate", "p95 > 10s") as locust:
        eventually(lambda: target.total() > 200, within=30)
        children = Path(f"/proc/{locust.process.pid}/task/{locust.process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        assert locust.wait() == 3, locust.output
    assert "1 of the workers were lost" in locust.output
    code, printed = judged(tmp_path, "--fail-if", "p95 > 10s")
    assert (code, "1 of the workers were lost" in printed) == (3, True), printed


def test_a_run_that_broke_off_is_not_met(target: Target, tmp_path: Path) -> None:
    """A killed run, silent for longer than the limit, has no end."""
    with start(tmp_path, target) as locust:
        eventually(
            lambda: (tmp_path / "runs").exists() and archived(tmp_path / "runs", "run").requests > 200, within=30
        )
        locust.signal(signal.SIGKILL)
        locust.wait()
    for segment in (tmp_path / "runs/run").glob("*.segment"):
        os.utime(segment, (time.time() - 400, time.time() - 400))
    code, printed = judged(tmp_path, "--fail-if", "failures > 5")
    assert (code, "the run has no end" in printed) == (3, True), printed
    assert judged(tmp_path, "--fail-if", "failures > 5", "--unfinished")[0] == 0


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_a_run_that_is_lost_is_ended(mode: str, target: Target, tmp_path: Path) -> None:
    """With an orderly end every request is delivered, and the exit code is 3 whatever Locust's own is."""
    processes = distributed() if mode == "distributed" else ()
    arguments = (*processes, "-t", "120s", "--exit-code-on-error", "1", "--push-abort-grace", "1s")
    began = time.monotonic()
    with start(tmp_path, target, *arguments, "--push-abort", "error_rate > 50% for 1s", TEST_FAILS="1") as locust:
        assert locust.wait() == 3, locust.output
    assert time.monotonic() - began < 60
    assert "--push-abort error_rate > 50%" in locust.output
    assert archived(tmp_path / "runs", "run").requests == target.total()
    assert last_values(tmp_path / "runs", "run")["locust_run_cut_short", "state=aborted"] == 1
    assert judged(tmp_path, "--fail-if", "p95 > 10s", "--unfinished")[0] == 3


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_what_warms_up_is_not_judged(mode: str, prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Results without the warm-up are the same from memory, archive and store, and all data is pushed."""
    processes, run_id = distributed() if mode == "distributed" else (), f"warm-{mode}"
    with start(
        tmp_path, target, *processes, "--push-url", prometheus.write_url, "--push-report", "r.json", "-t", "12s",
        "--push-gate", "p95 > 100ms", "--push-warmup", "4s", "--push-run-id", run_id, users=2,
        TEST_PATH="/slow/20", TEST_WARM="3",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    whole = archived(tmp_path / "runs", run_id).requests
    assert whole == target.total()
    archive, store = (document("show", run_id, "--from", one) for one in (f"file:{tmp_path}/runs", prometheus.url))
    report = json.loads((tmp_path / "r.json").read_text())["run"]
    for found in (archive, store, report):
        assert 0.3 * whole < found["aggregated"]["requests"] < whole
        # A request takes 20 ms, and so does the pause behind it: at most 25 a second by each of two users.
        assert 20 < found["aggregated"]["rps"] < 50
        assert found["aggregated"]["p95"] < 0.1
        assert found["aggregated"]["requests"] == archive["aggregated"]["requests"]
        assert found["aggregated"]["p95"] == archive["aggregated"]["p95"]
        assert found["aggregated"]["avg"] == pytest.approx(archive["aggregated"]["avg"])
    assert judged(tmp_path, "--fail-if", "p95 > 100ms")[0] == 0
    assert judged(tmp_path, "--fail-if", "max > 100ms", "--warmup", "0")[0] == 3


def test_a_master_cannot_judge_metrics_that_its_workers_have(tmp_path: Path) -> None:
    """A gate on workers' metrics is refused in one line, with exit code 2, before the run."""
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(), "--push-url", "file:runs", "--push-gate", "shop_orders_total < 5",
        "-H", "http://127.0.0.1:9",
    ) as locust:  # fmt: skip
        assert locust.wait() == 2, locust.output
    assert "is about a metric of the workers, which their master lacks" in locust.output


def test_reset_stats_of_locust_is_honoured(target: Target, tmp_path: Path) -> None:
    """Requests before all users were running are neither in Locust's own table nor judged."""
    with start(
        tmp_path, target, "-r", "0.5", "-t", "9s", "--reset-stats", "--json", "--push-gate", "p95 > 100ms",
        users=2, TEST_PATH="/slow/20", TEST_WARM="2",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    (said,), _ = json.JSONDecoder().raw_decode(locust.output[locust.output.index("\n[\n") + 1 :])
    found = document("show", "run", "--from", f"file:{tmp_path}/runs")["aggregated"]
    assert found["requests"] < archived(tmp_path / "runs", "run").requests
    # The warm-up ends with a tick, up to half a second later.
    assert 0.85 * said["num_requests"] <= found["requests"] <= said["num_requests"]


def test_metrics_of_the_locustfile_are_judged_alike_from_memory_archive_and_store(
    prometheus: Prometheus, tmp_path: Path
) -> None:
    """A percentile of a histogram is judged, and a missing counter is not met."""
    expression = "shop_order_seconds:count < 5"
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "4", "-r", "4", "-t", "5s", "--push-url", "file:runs", "--push-url",
        prometheus.write_url, "--push-run-id", "own-metrics", "--push-interval", "500ms", "--push-gate", expression,
        "--push-gate-allow", "unfinished", "-H", "http://127.0.0.1:9", locustfile="business.py",
    ) as locust:  # fmt: skip
        at_the_end = locust.wait()
    assert at_the_end in {0, 3}, locust.output
    for source in (f"file:{tmp_path}/runs", prometheus.url):
        for text, code in ((expression, at_the_end), ("shop_nosuch_total < 5", 3)):
            done = locust_push("gate", "own-metrics", "--from", source, "--fail-if", text, "--unfinished")
            assert done.returncode == code, done.stdout + done.stderr
