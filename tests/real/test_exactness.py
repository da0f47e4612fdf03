"""After a run, the store has the counts of the target."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.query import QueryableServer
from tests.servers.target import Target


def test_a_distributed_run_is_stored_to_the_request(receiver: QueryableServer, target: Target, tmp_path: Path) -> None:
    """Requests, failures and durations of a master with two workers equal the target's counts."""
    run_id = f"distributed-{receiver.name}"
    arguments = (*HEADLESS, *distributed(), "-u", "6", "-r", "6", "-t", "6s", "-H", target.url)
    with LocustProcess(
        tmp_path, *arguments, "--push-url", receiver.write_url, "--push-run-id", run_id, "--push-interval", "1s"
    ) as locust:
        assert locust.wait() == 0, locust.output
    assert Counts.served(target).requests > 100
    assert Counts.stored(receiver, run_id) == Counts.served(target), locust.output
    assert Counts.served(target).failures > 10


def test_failures_are_counted_by_kind(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Failures by type add up to all failures, and an HTTP status is a type."""
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "4", "-r", "4", "-t", "3s", "-H", target.url,
        "--push-url", prometheus.write_url, "--push-run-id", "kinds", "--push-interval", "1s",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    query = 'sum by (error) (last_over_time(locust_request_failures_total{run_id="kinds"}[10m]))'
    kinds = {sample.labels["error"]: sample.value for sample in prometheus.query(query)}
    assert kinds.keys() == {"HTTP 404", "HTTP 500"}
    assert sum(kinds.values()) == target.failures()


def test_a_pushgateway_that_is_scraped_holds_the_run(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """Prometheus scrapes the Pushgateway with honor_labels and has the target's counts."""
    gateway = start_server(Pushgateway)
    scrape = {"job_name": "pushgateway", "honor_labels": True, "static_configs": [{"targets": [gateway.address]}]}
    store = start_server(Prometheus, version=3, scrape_configs=[scrape])
    arguments = (*HEADLESS, *distributed(), "-u", "6", "-r", "6", "-t", "5s", "-H", target.url)
    with LocustProcess(
        tmp_path, *arguments, "--push-url", gateway.url, "--push-run-id", "gateway.1",
        "--push-interval", "1s", "--push-instance", "generator/1",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    eventually(lambda: Counts.stored(store, "gateway.1") == Counts.served(target), within=40)
    # The value of a grouping label that a path cannot hold came through whole.
    instances = store.label_values("instance", 'locust_requests_total{run_id="gateway.1"}')
    assert len(instances) == 2
    assert all(instance.startswith("generator/1") for instance in instances)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_a_run_that_is_told_to_end_is_stored_whole(
    number: signal.Signals, mode: str, prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """SIGTERM and SIGINT end a run regularly: its last requests arrive."""
    run_id = f"signal-{number.name}-{mode}"
    processes = distributed() if mode == "distributed" else ()
    with LocustProcess(
        tmp_path, *HEADLESS, *processes, "-u", "6", "-r", "6", "-H", target.url,
        "--push-url", prometheus.write_url, "--push-run-id", run_id, "--push-interval", "1s",
    ) as locust:  # fmt: skip
        eventually(lambda: target.total() > 150, within=30)
        locust.signal(number)
        assert locust.wait() == 0, locust.output
    assert Counts.stored(prometheus, run_id) == Counts.served(target), locust.output
    assert "Traceback" not in locust.output


def test_ctrl_c_during_a_tick_ends_the_run_and_not_the_tick(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """Ctrl-C in any greenlet interrupts Locust as usual, and all data is delivered."""
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "6", "-r", "6", "-H", target.url, "--push-url", prometheus.write_url,
        "--push-run-id", "ctrl-c-in-a-tick", "--push-interval", "3s", locustfile="interrupted_while_collecting.py",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    assert Counts.served(target).requests > 0, locust.output
    assert Counts.stored(prometheus, "ctrl-c-in-a-tick") == Counts.served(target), locust.output
    asked = 'last_over_time(asked{run_id="ctrl-c-in-a-tick"}[10m])'
    assert prometheus.value(asked) == 4, locust.output  # the tick continued, and the last one came
    assert "Traceback" not in locust.output


def test_a_worker_that_joins_late_is_part_of_the_run(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """A worker without push options that joins during the run pushes with the run's ID."""
    port = str(free_port())
    worker = ("--worker", "--master-port", port)
    with (
        LocustProcess(
            tmp_path, *HEADLESS, "--master", "--master-bind-port", port, "--expect-workers", "1", "-u", "8", "-r", "8",
            "--enable-rebalancing", "-H", target.url,
            "--push-url", prometheus.write_url, "--push-interval", "1s",
        ) as master,
        LocustProcess(tmp_path, *worker) as first,
    ):  # fmt: skip
        first.wait_for("pushing to")
        eventually(lambda: target.total() > 50, within=30)
        with LocustProcess(tmp_path, *worker) as late:
            late.wait_for("pushing to")
            total = target.total()
            eventually(lambda: target.total() > total + 100, within=30)
            master.signal(signal.SIGTERM)
            assert master.wait() == 0, master.output
            assert first.wait() == 0, first.output
            assert late.wait() == 0, late.output
    run_id = master.push_lines()[0].split()[1].rstrip(":")
    assert Counts.stored(prometheus, run_id) == Counts.served(target), late.output
    instances = prometheus.label_values("instance", f'locust_requests_total{{run_id="{run_id}"}}')
    assert len(instances) == 2


def test_the_series_of_a_run_end_with_it(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Right after a run none of its series is live, while range functions still see them."""
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(), "-u", "4", "-r", "4", "-t", "4s", "-H", target.url,
        "--push-url", prometheus.write_url, "--push-run-id", "ended", "--push-interval", "1s",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    assert prometheus.query('count({run_id="ended"})', time.time()) == []
    assert prometheus.query('count(last_over_time({run_id="ended"}[10m]))')[0].value > 50


def test_the_first_request_of_a_late_series_is_in_increase(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """A name that is first requested during the run starts from 0, so that increase() sees its first request."""
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "1", "-H", target.url,
        "--push-url", prometheus.write_url, "--push-run-id", "late-series", "--push-interval", "1s",
        locustfile="late_series.py",
    ) as locust:  # fmt: skip
        eventually(lambda: target.counts()["GET", "/once", 200], within=60)
        seen = target.total()
        # Some ticks more: the load is ten requests a second.
        assert locust.end_when(lambda: target.total() > seen + 40) == 0, locust.output
    matcher = '{run_id="late-series",name="/once",status="success"}'
    points = prometheus.query_range(f"locust_requests_total{matcher}", time.time() - 60, time.time(), 0.25)
    assert points[0].values[0][1] == 0
    assert prometheus.value(f"increase(locust_requests_total{matcher}[60s])") == pytest.approx(1, rel=0.5)
    assert target.counts()["GET", "/once", 200] == 1
