"""The locustfile's own metrics: after a run the store has the counts of the locustfile."""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.real.test_web_ui import web_ui
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.query import QueryableServer


def ordered(output: str) -> list[int]:
    """Return the counts of each process in each of its runs, from its log."""
    return [int(number) for number in re.findall(r"ordered: (\d+)", output) if int(number)]


def stored(server: QueryableServer, run_id: str) -> dict[str, float]:
    """Return the values of the metrics of business.py in the store, summed over processes."""

    def total(selector: str) -> float:
        name, _, matchers = selector.partition("{")
        matchers = matchers.removesuffix("}")
        return server.value(f'sum(last_over_time({name}{{run_id="{run_id}",{matchers}}}[10m]))') or 0.0

    return {
        "orders": total("shop_logins_total{}"),
        "carts": total("shop_cart_items_count{}"),
        "items": total("shop_cart_items_sum{}"),
        "timed": total("shop_order_seconds_count{}"),
        "below half a second": total('shop_order_seconds_bucket{le="0.5"}'),
        "euros": total("shop_revenue_euros_total{}"),
    }


def expected(orders: int) -> dict[str, float]:
    """Return the expected values for a number of orders."""
    return {
        "orders": orders,
        "carts": orders,
        "items": 2 * orders,
        "timed": orders,
        "below half a second": orders,
        "euros": 10 * orders,
    }


def run_business(folder: Path, url: str, run_id: str, *arguments: str) -> str:
    """Run business.py with three workers until they have counted for a while; return their output."""
    with LocustProcess(
        folder, *HEADLESS, *distributed(3), "-u", "6", "-r", "6", "--push-url", url, "--push-run-id", run_id,
        "--push-interval", "500ms", *arguments, locustfile="business.py",
    ) as locust:  # fmt: skip
        locust.end_when(lambda: locust.output.count("counts well") == 3)
        return locust.output


def test_the_store_holds_what_three_workers_counted(receiver: QueryableServer, tmp_path: Path) -> None:
    """Counter, summary, histogram and custom collector are exact, from 0, over remote-write 1.0 and 2.0."""
    run_id = f"business-{receiver.name}"
    output = run_business(tmp_path, receiver.write_url, run_id)
    counted = ordered(output)
    assert len(counted) == 3, output
    assert stored(receiver, run_id) == expected(sum(counted)), output
    assert sum(counted) > 100
    # A collector that fails is logged once in each process, without other effects.
    assert output.count("the till is stuck") == 4
    assert receiver.value(f'sum(last_over_time(shop_build_info{{run_id="{run_id}",shop_version="1.2"}}[10m]))') == 4
    assert receiver.value(f'sum(last_over_time(shop_phase{{run_id="{run_id}",shop_phase="open"}}[10m]))') == 4


def test_a_pushgateway_holds_what_three_workers_counted(start_server: StartServer, tmp_path: Path) -> None:
    """TYPE and HELP are the same in all groups, so that the Pushgateway accepts pushes and Prometheus the scrape."""
    gateway = start_server(Pushgateway)
    scrape = {"job_name": "pushgateway", "honor_labels": True, "static_configs": [{"targets": [gateway.address]}]}
    store = start_server(Prometheus, version=3, scrape_configs=[scrape])
    output = run_business(tmp_path, gateway.url, "business")
    eventually(lambda: stored(store, "business") == expected(sum(ordered(output))), within=40)
    assert "nothing lost" in output
    assert all(group["last_push_successful"] for group in gateway.groups())


def test_the_first_login_is_in_increase(prometheus: Prometheus, tmp_path: Path) -> None:
    """A series that appears during the run starts with a 0 in the store."""
    run_business(tmp_path, prometheus.write_url, "first-login")
    points = prometheus.query_range(
        'shop_logins_total{run_id="first-login",user_type="premium"}', time.time() - 60, time.time(), 0.25
    )
    assert points
    assert {series.values[0][1] for series in points} == {0.0}


@pytest.mark.parametrize("version", [2, 3])
def test_exemplars_can_be_queried(version: int, start_server: StartServer, tmp_path: Path) -> None:
    """Exemplars of a counter and of histogram buckets arrive by remote-write 1.0 and 2.0, with the run's labels."""
    store = start_server(Prometheus, version=version, flags=("--enable-feature=exemplar-storage,native-histograms",))
    output = run_business(tmp_path, store.write_url, "exemplars")
    for query, label in (("shop_logins_total", "user_type"), ("shop_order_seconds_bucket", "order_type")):
        found = store.api("query_exemplars", query=query, start=time.time() - 120, end=time.time() + 1)
        assert found, output
        assert all(series["seriesLabels"]["run_id"] == "exemplars" for series in found)
        assert all(label in series["seriesLabels"] for series in found)
        traces = [exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]]
        assert traces
    assert "dropped" not in output


def test_two_runs_in_one_process_both_start_at_zero(prometheus: Prometheus, tmp_path: Path) -> None:
    """Each run of a web UI has only the counts of that run."""
    push = ("--push-url", prometheus.write_url, "--push-interval", "500ms", "--push-run-id", "twice")
    with web_ui(tmp_path, *push, locustfile="business.py") as ui:
        for run in ("twice", "twice-2"):
            ui.start()
            eventually(partial(prometheus.value, f'sum(shop_logins_total{{run_id="{run}"}})'), within=40)
            ui.stop()
            ui.locust.wait_for(f"run {run}: {prometheus.write_url}: delivered")
    counted = ordered(ui.locust.output)
    assert len(counted) == 2
    assert [stored(prometheus, run) for run in ui.runs()] == [expected(count) for count in counted]


def test_a_name_of_ours_stops_locust_before_the_run(tmp_path: Path) -> None:
    """One line names the metric and the fix; exit code 2; without pushing the same locustfile runs."""
    with LocustProcess(tmp_path, *HEADLESS, "-t", "1s", "--push-url", "file:runs", locustfile="colliding.py") as locust:
        assert locust.wait() == 2
    assert (
        "locust-push: error: prometheus_client metric 'locust_requests_total': has a name that locust-push uses "
        "itself; rename it"
    ) in locust.output
    with LocustProcess(tmp_path, *HEADLESS, "-t", "1s", locustfile="colliding.py") as locust:
        assert locust.wait() == 0


def test_a_worker_leaves_out_what_collides(tmp_path: Path) -> None:
    """A worker, which gets its options too late to refuse the run, logs one line per metric and pushes the rest."""
    port = distributed()[3]
    with (
        LocustProcess(
            tmp_path, *HEADLESS, "--master", "--master-bind-port", port, "--expect-workers", "1", "-u", "1", "-t", "4s",
            "--push-url", "file:runs", "--push-interval", "500ms", locustfile="steady.py",
        ) as master,
        LocustProcess(tmp_path, "--worker", "--master-port", port, locustfile="colliding.py") as worker,
    ):  # fmt: skip
        assert master.wait() == 0
        assert worker.wait() == 0
    lines = [line for line in worker.push_lines() if "is not pushed" in line]
    assert lines == [
        "the metric locust_requests has a name that locust-push uses itself; it is not pushed: rename it",
        "the metric shop_stock has a label run_id, which every series of a run has; it is not pushed: rename it",
    ]
    assert "nothing lost" in worker.output


@pytest.mark.parametrize("option", [(), ("--push-process-metrics",)])
def test_the_clients_own_metrics_need_an_option(
    option: tuple[str, ...], prometheus: Prometheus, tmp_path: Path
) -> None:
    """prometheus_client's own metrics of the process are pushed only with the option."""
    run_id = f"process{len(option)}"
    run_business(tmp_path, prometheus.write_url, run_id, *option)
    for metric in ("process_open_fds", "python_info", "python_gc_collections_total"):
        found = prometheus.query(f'last_over_time({metric}{{run_id="{run_id}"}}[10m])')
        assert bool(found) == bool(option)
