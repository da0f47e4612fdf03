"""Every mode of Locust, and every source of options."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.real.archive import archived
from tests.real.command_lines import HEADLESS, alone_as_master, distributed
from tests.real.counts import Counts
from tests.real.locust_process import LOCUSTFILES, ROOT, LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.target import Target

LOAD = ("-u", "4", "-r", "4")
CONSOLE_SCRIPT = (str(Path(sys.executable).with_name("locust-push")), "run")
MODULE = ("-m", "locust_push", "run")


def push(store: Prometheus, run_id: str) -> tuple[str, ...]:
    """Options for frequent pushes."""
    return ("--push-url", store.write_url, "--push-run-id", run_id, "--push-interval", "500ms")


def busy(target: Target) -> Callable[[], bool]:
    """Whether enough was served to be significant."""
    return lambda: target.total() > 60


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_a_shape_is_stored_whole(mode: str, prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """A run with a LoadTestShape, up and down, is exact."""
    processes = distributed() if mode == "distributed" else ()
    run_id = f"shape-{mode}"
    with LocustProcess(
        tmp_path, *HEADLESS, *processes, "-H", target.url, *push(prometheus, run_id), locustfile="shape.py"
    ) as locust:
        assert locust.wait() == 0, locust.output
    assert Counts.stored(prometheus, run_id) == Counts.served(target), locust.output
    assert prometheus.value(f'max_over_time(locust_current_users{{run_id="{run_id}"}}[10m])') == 3


@pytest.mark.parametrize("command", [CONSOLE_SCRIPT, MODULE], ids=["console script", "module"])
@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_a_locustfile_needs_no_change(
    mode: str, command: Sequence[str], prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """``locust-push run`` pushes the results of a locustfile that does not import locust_push."""
    processes = distributed() if mode == "distributed" else ()
    run_id = f"unchanged-{mode}-{len(command)}"
    with LocustProcess(
        tmp_path, *HEADLESS, *processes, *LOAD, "-H", target.url, *push(prometheus, run_id),
        locustfile="without_plugin.py", command=command,
    ) as locust:  # fmt: skip
        assert locust.end_when(busy(target)) == 0, locust.output
    assert Counts.stored(prometheus, run_id) == Counts.served(target), locust.output


SOURCES = {
    "environment": "",
    "locust.conf": "push-url = {url}\npush-run-id = {run_id}\n"
    "push-label = [team=a, shift=late]\npush-interval = 500ms\n",
    "pyproject.toml": '[tool.locust]\npush-url = ["{url}"]\npush-run-id = "{run_id}"\n'
    'push-label = ["team=a", "shift=late"]\npush-interval = "500ms"\n',
}


@pytest.mark.parametrize("source", SOURCES)
def test_options_come_from_files_and_environment(
    source: str, prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """Options in the environment, locust.conf or pyproject.toml work like those on the command line."""
    run_id = f"from-{source}"
    environ = {}
    if source == "environment":
        environ = {
            "LOCUST_PUSH_URL": prometheus.write_url,
            "LOCUST_PUSH_RUN_ID": run_id,
            "LOCUST_PUSH_LABEL": "team=a\nshift=late",
            "LOCUST_PUSH_INTERVAL": "500ms",
        }
    else:
        (tmp_path / source).write_text(SOURCES[source].format(url=prometheus.write_url, run_id=run_id))
    with LocustProcess(tmp_path, *HEADLESS, *LOAD, "-H", target.url, environ=environ) as locust:
        assert locust.end_when(busy(target)) == 0, locust.output
    assert Counts.stored(prometheus, run_id) == Counts.served(target), locust.output
    assert prometheus.label_values("team", f'{{run_id="{run_id}"}}') == ["a"]
    assert prometheus.label_values("shift", f'{{run_id="{run_id}"}}') == ["late"]


def test_without_a_url_nothing_listens_and_nothing_is_said(target: Target, tmp_path: Path) -> None:
    """With the plugin and without --push-url, Locust has no listener of ours per request, and logs the same."""
    with LocustProcess(tmp_path, *HEADLESS, *LOAD, "-H", target.url, locustfile="listeners.py") as locust:
        assert locust.end_when(busy(target)) == 0, locust.output
    assert "our listeners: 0" in locust.output
    assert "locust_push" not in locust.output
    assert "locust-push" not in locust.output


def test_with_a_url_the_request_listener_is_there(target: Target, tmp_path: Path) -> None:
    """With --push-url, requests and user errors have listeners."""
    with LocustProcess(
        tmp_path, *HEADLESS, *LOAD, "-H", target.url, "--push-url", "file:runs", locustfile="listeners.py"
    ) as locust:
        assert locust.end_when(busy(target)) == 0, locust.output
    assert "our listeners: 2" in locust.output


def test_receivers_do_not_depend_on_each_other(
    prometheus: Prometheus, pushgateway: Pushgateway, target: Target, tmp_path: Path
) -> None:
    """With one of four receivers down the other three are complete, in a distributed run."""
    down = f"http://127.0.0.1:{free_port()}/api/v1/write"
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(), *LOAD, "-H", target.url, *push(prometheus, "several"),
        "--push-url", down, "--push-url", "file:runs", "--push-url", pushgateway.url, "--push-flush-timeout", "1s",
    ) as locust:  # fmt: skip
        assert locust.end_when(busy(target)) == 0, locust.output
    assert Counts.stored(prometheus, "several") == Counts.served(target), locust.output
    assert archived(tmp_path / "runs", "several") == Counts.served(target)
    assert in_gateway(pushgateway, "several") == Counts.served(target).requests
    lines = [line for line in locust.push_lines() if ": delivered " in line]
    undelivered = [line for line in lines if "undelivered" in line]
    assert len(lines) == 4 * 3
    assert len(undelivered) == 3
    assert all(down in line for line in undelivered)


def in_gateway(gateway: Pushgateway, run_id: str) -> float:
    """Return the requests of a run in a Pushgateway."""
    groups = [group for group in gateway.groups() if group["labels"].get("run_id") == run_id]
    metrics = [group["locust_requests_total"]["metrics"] for group in groups if "locust_requests_total" in group]
    return sum(float(metric["value"]) for family in metrics for metric in family)


def test_runs_side_by_side_stay_apart(
    prometheus: Prometheus, start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """Two masters with their own workers push to one store at the same time, each with its own run."""
    other_target = start_server(Target)
    with (
        LocustProcess(tmp_path, *HEADLESS, *distributed(), *LOAD, "-H", target.url, *push(prometheus, "left")) as left,
        LocustProcess(
            tmp_path, *HEADLESS, *distributed(), *LOAD, "-H", other_target.url, *push(prometheus, "right")
        ) as right,
    ):
        assert (left.end_when(busy(target)), right.end_when(busy(other_target))) == (0, 0)
    assert Counts.stored(prometheus, "left") == Counts.served(target), left.output
    assert Counts.stored(prometheus, "right") == Counts.served(other_target), right.output


def test_a_worker_without_the_plugin_is_told_of(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """The master warns of a worker that does not push; the other one is stored as usual."""
    master_options = alone_as_master()
    worker = ("--worker", "--master-port", master_options[-1])
    with (
        LocustProcess(
            tmp_path, *HEADLESS, *master_options, "--expect-workers", "2", "-u", "2", "-r", "2",
            "-H", target.url, *push(prometheus, "half"),
        ) as master,
        LocustProcess(tmp_path, *worker) as with_plugin,
        LocustProcess(tmp_path, *worker, locustfile="without_plugin.py"),
    ):  # fmt: skip

        def both_worked() -> bool:
            return "does not push" in master.output and Counts.stored(prometheus, "half").requests > 0

        assert master.end_when(both_worked) == 0, master.output
        assert with_plugin.wait() == 0, with_plugin.output
    assert 0 < Counts.stored(prometheus, "half").requests < Counts.served(target).requests
    [warning] = [line for line in master.push_lines() if "does not push" in line]
    assert "import locust_push in its locustfile" in warning


def test_a_master_without_the_plugin_is_told_of(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """A worker with its own URL pushes with its own run ID, and logs that the master sent none."""
    master_options = alone_as_master()
    with (
        LocustProcess(
            tmp_path, *HEADLESS, *master_options, "--expect-workers", "1", *LOAD, "-H", target.url,
            locustfile="without_plugin.py",
        ) as master,
        LocustProcess(
            tmp_path, "--worker", "--master-port", master_options[-1], "--push-url", prometheus.write_url,
            "--push-interval", "500ms", locustfile="without_plugin.py", command=CONSOLE_SCRIPT,
        ) as worker,
    ):  # fmt: skip
        assert master.end_when(busy(target)) == 0, master.output
        assert worker.wait() == 0, worker.output
    warning, start, *_ = worker.push_lines()
    assert "the master sent no run ID" in warning
    run_id = start.split()[1].rstrip(":")
    assert Counts.stored(prometheus, run_id) == Counts.served(target), worker.output


def test_a_worker_names_itself(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """A worker's instance is its own name and 8 characters; labels come from the master, whatever the worker has."""
    master_options = alone_as_master()
    with (
        LocustProcess(
            tmp_path, *HEADLESS, *master_options, "--expect-workers", "1", *LOAD, "-H", target.url,
            *push(prometheus, "named"), "--push-instance", "boss", "--push-label", "team=a",
        ) as master,
        LocustProcess(
            tmp_path, "--worker", "--master-port", master_options[-1],
            "--push-instance", "generator-7", "--push-label", "team=b",
        ) as worker,
    ):  # fmt: skip
        assert master.end_when(busy(target)) == 0, master.output
        assert worker.wait() == 0, worker.output
    boss, named = prometheus.label_values("instance", '{run_id="named"}')
    assert (boss, named[:-8]) == ("boss", "generator-7-")
    assert prometheus.label_values("instance", 'locust_requests_total{run_id="named"}') == [named]
    assert prometheus.label_values("team", '{run_id="named"}') == ["a"]
    assert Counts.stored(prometheus, "named") == Counts.served(target), worker.output


def test_locust_as_a_library(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """A script that imports locust_push before Locust and registers it with separate events is exact."""
    script = LOCUSTFILES / "library.py"
    done = subprocess.run(
        [sys.executable, script, target.url, prometheus.write_url, "library"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "is done" in done.stdout
    assert Counts.served(target).requests > 20
    assert Counts.stored(prometheus, "library") == Counts.served(target), done.stderr
