"""One writer per series and one run per ID, where host names, process IDs, given names and run IDs repeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, alone_as_master
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.real.namespaces import container
from tests.real.test_reading_runs import document
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics

LOAD = ("-u", "8", "-r", "8", "--push-interval", "500ms")


@contextmanager
def master_of(
    folder: Path, target: Target, workers: int, *arguments: str
) -> Iterator[tuple[LocustProcess, tuple[str, ...]]]:
    """A master, and the arguments that a worker of it needs."""
    options = alone_as_master()
    with LocustProcess(
        folder, *HEADLESS, *options, "--expect-workers", str(workers), *LOAD, "-H", target.url, *arguments
    ) as master:
        yield master, ("--worker", "--master-port", options[-1])


def pushes(*urls: str) -> list[str]:
    """The arguments that push to all of these."""
    return [argument for url in urls for argument in ("--push-url", url)]


def requests(run_id: str, place: str) -> float:
    """How many requests ``show`` reads of a run."""
    return float(document("show", run_id, "--from", place)["aggregated"]["requests"])


def test_workers_that_share_host_name_and_process_id(
    prometheus: Prometheus, victoria_metrics: VictoriaMetrics, target: Target, tmp_path: Path
) -> None:
    """Two workers, each process 1 of one host name, write series of their own: each place has what was served."""
    urls = pushes(prometheus.write_url, victoria_metrics.write_url, "file:runs")
    with (
        master_of(tmp_path, target, 2, *urls, "--push-run-id", "shared") as (master, worker),
        LocustProcess(tmp_path, *worker, within=container()),
        LocustProcess(tmp_path, *worker, within=container()),
    ):
        assert master.end_when(lambda: target.total() > 400) == 0, master.output
    served = Counts.served(target)
    assert Counts.stored(prometheus, "shared") == Counts.stored(victoria_metrics, "shared") == served
    assert requests("shared", prometheus.url) == requests("shared", f"file:{tmp_path / 'runs'}") == served.requests
    first, second = prometheus.label_values("instance", 'locust_requests_total{run_id="shared"}')
    assert len(first) == len(second) == len("node:1-xxxxxxxx")
    assert first.startswith("node:1-")
    assert "nothing lost" in master.output


@pytest.mark.parametrize("name", [(), ("--push-instance", "generator-7")], ids=["unnamed", "named"])
def test_a_worker_that_is_started_again_as_it_was(
    prometheus: Prometheus, victoria_metrics: VictoriaMetrics, target: Target, tmp_path: Path, name: tuple[str, ...]
) -> None:
    """A container that is killed and started again goes on in series of its own, so that what was counted remains.

    The documented query, and show on each place, give the same: all but what the killed one did after its last push.
    """
    run_id = f"again-{len(name)}"
    urls = pushes(prometheus.write_url, victoria_metrics.write_url, "file:runs")
    with master_of(tmp_path, target, 1, *urls, "--push-run-id", run_id) as (master, worker):
        with LocustProcess(tmp_path, *worker, *name, within=container()):
            eventually(lambda: target.total() > 300, within=40)
        between = target.total()
        with LocustProcess(tmp_path, *worker, *name, within=container()) as second:
            assert master.end_when(lambda: target.total() > between + 300) == 0, master.output
            assert second.wait() == 0, second.output
    served, stored = Counts.served(target), Counts.stored(prometheus, run_id)
    # 160 requests a second, half a second from push to push, and a push that was under way.
    assert served.requests - 200 <= stored.requests <= served.requests, master.output
    assert stored == Counts.stored(victoria_metrics, run_id)
    for place in (prometheus.url, victoria_metrics.url, f"file:{tmp_path / 'runs'}"):
        assert requests(run_id, place) == stored.requests, place
    writers = prometheus.label_values("instance", f'locust_requests_total{{run_id="{run_id}"}}')
    assert len(writers) == 2
    assert not name or "generator-7" in writers
