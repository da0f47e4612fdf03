"""What is read from Locust, with stand-ins for its runner and statistics."""

import math
from collections.abc import Mapping

import pytest

from locust_push.core.table import SeriesTable
from locust_push.gauges import process_gauges, run_gauges
from tests.unit.locust_stand_ins import Environment, Worker


@pytest.fixture
def environment() -> Environment:
    return Environment()


def values(table: SeriesTable) -> Mapping[tuple[str, ...], float]:
    """Values by name and label values."""
    snapshot = table.snapshot(1, 0)
    keys = [(series.name, *(value for _, value in series.labels)) for series in snapshot.series]
    return dict(zip(keys, snapshot.values, strict=True))


def test_a_user_class_that_is_gone_has_no_users(environment: Environment) -> None:
    """A class that Locust no longer counts falls to 0, it does not keep its last value."""
    table = SeriesTable()
    collect = process_gauges(table, environment.runner)
    environment.runner.user_classes_count = {"Reader": 3, "Writer": 1}
    collect()
    environment.runner.user_classes_count = {"Writer": 2}
    collect()
    assert values(table)["locust_process_users", "Reader"] == 0
    assert values(table)["locust_process_users", "Writer"] == 2
    assert values(table)["locust_process_cpu_percent",] == 12.5
    assert values(table)["locust_process_resident_memory_bytes",] == 1 << 20


def test_a_master_counts_its_workers_by_state(environment: Environment) -> None:
    """Every state that a worker can be in is there, at 0 where no worker is in it."""
    table = SeriesTable()
    collect = run_gauges(table, environment, is_master=True)
    environment.runner.clients = {"a": Worker("running"), "b": Worker("running"), "c": Worker("missing")}
    environment.runner.reported_user_classes_count = {"Reader": 5}
    collect()
    environment.runner.clients.pop("c")
    collect()
    found = values(table)
    assert found["locust_workers", "running"] == 2
    assert found["locust_workers", "missing"] == found["locust_workers", "ready"] == 0
    assert found["locust_users", "Reader"] == 5


def test_a_local_run_has_no_workers(environment: Environment) -> None:
    """Where there is no master there is no series of workers."""
    table = SeriesTable()
    run_gauges(table, environment, is_master=False)()
    assert not [key for key in values(table) if key[0] == "locust_workers"]


def test_without_requests_there_are_no_percentiles(environment: Environment) -> None:
    """Nothing measured is NaN, a gap in a graph; a share of errors of nothing is 0."""
    table = SeriesTable()
    run_gauges(table, environment, is_master=False)()
    found = values(table)
    assert math.isnan(found["locust_response_time_percentile_seconds", "95"])
    assert found["locust_error_rate_percent",] == 0


def test_rates_and_percentiles_are_in_base_units(environment: Environment) -> None:
    """Seconds and percent, from Locust's milliseconds and rates."""
    total = environment.stats.total
    total.current_rps, total.current_fail_per_sec, total.current_response_time = 200.0, 3.0, 150.0
    table = SeriesTable()
    run_gauges(table, environment, is_master=False)()
    found = values(table)
    assert found["locust_error_rate_percent",] == pytest.approx(1.5)
    assert found["locust_response_time_percentile_seconds", "99.9"] == pytest.approx(0.15)
