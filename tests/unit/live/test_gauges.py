"""Gauges from Locust, with stand-ins for its runner, and the gauges of the run as a whole."""

import math
from collections.abc import Callable, Mapping

import pytest

from locust_push.core import metrics
from locust_push.core.histogram import RELATIVE_ERROR
from locust_push.core.table import SeriesTable
from locust_push.core.window import Window
from locust_push.live.gauges import (
    ProcessUsage,
    master_gauges,
    process_gauges,
    rate_gauges,
    user_gauges,
    value_gauge,
    workers_process_gauges,
)
from tests.unit.core.recording import Recording
from tests.unit.live.locust_stand_ins import Runner, Worker


@pytest.fixture
def runner() -> Runner:
    return Runner()


def own_gauges(table: SeriesTable, runner: Runner) -> Callable[[], None]:
    """Return gauges of a process whose clocks stand still."""
    usage = ProcessUsage(lambda: 0.0, lambda: 1 << 20, lambda: 0.0)
    return process_gauges(table, runner, usage, over=going_on)


def going_on() -> bool:
    """Return False: the run is in progress."""
    return False


def values(table: SeriesTable) -> Mapping[tuple[str, ...], float]:
    """Values by name and label values."""
    snapshot = table.snapshot(1, 0)
    keys = [(series.name, *(value for _, value in series.labels)) for series in snapshot.series]
    assert len(keys) == len(set(keys)), "a series is there twice"
    return dict(zip(keys, snapshot.values, strict=True))


def test_a_user_class_that_is_gone_has_no_users(runner: Runner) -> None:
    """A class that Locust no longer counts becomes 0, and does not keep its last value."""
    table = SeriesTable()
    collect = own_gauges(table, runner)
    runner.user_classes_count = {"Reader": 3, "Writer": 1}
    collect()
    runner.user_classes_count = {"Writer": 2}
    collect()
    assert values(table)["locust_process_users", "Reader"] == 0
    assert values(table)["locust_process_users", "Writer"] == 2
    assert values(table)["locust_process_resident_memory_bytes",] == 1 << 20


def test_cpu_is_what_was_used_since_the_last_look(runner: Runner) -> None:
    """They exist from the first tick on; two ticks close together have the same CPU usage."""
    table, cpu, now = SeriesTable(), [7.0], [100.0]
    usage = ProcessUsage(lambda: cpu[0], lambda: 1, lambda: now[0])
    collect = process_gauges(table, runner, usage, over=going_on)
    found = []
    for used, elapsed in ((0.0, 0.0), (2.0, 5.0), (5.0, 5.0), (0.1, 0.1)):
        cpu[0] += used
        now[0] += elapsed
        collect()
        found.append(values(table)["locust_process_cpu_percent",])
    assert math.isnan(found[0])
    assert found[1:] == pytest.approx([40.0, 100.0, 100.0])


@pytest.mark.parametrize("gauges", [user_gauges, master_gauges])
def test_the_last_users_are_those_with_which_the_end_began(
    runner: Runner, gauges: Callable[[SeriesTable, Runner, Callable[[], bool]], Callable[[], None]]
) -> None:
    """The last snapshot has the users at the beginning of the end, since all have stopped by then."""
    table = SeriesTable()
    runner.final_user_classes_count = {"Reader": 3, "Writer": 1}
    gauges(table, runner, lambda: True)()
    assert values(table)["locust_current_users",] == 4
    assert values(table)["locust_users", "Reader"] == 3


def test_a_busy_process_warns(runner: Runner) -> None:
    """Locust's own warning of a saturated generator is a series, 0 before it."""
    table = SeriesTable()
    collect = own_gauges(table, runner)
    collect()
    assert values(table)["locust_process_cpu_warning",] == 0
    runner.cpu_warning_emitted = True
    collect()
    assert values(table)["locust_process_cpu_warning",] == 1


def test_a_master_counts_its_workers_by_state(runner: Runner) -> None:
    """Every state of a worker has a series, at 0 if no worker is in it."""
    table = SeriesTable()
    collect = master_gauges(table, runner, going_on)
    runner.clients = {"a": Worker("running", warned=True), "b": Worker("running"), "c": Worker("missing")}
    runner.reported_user_classes_count = {"Reader": 5}
    runner.user_count = 5
    collect()
    found = values(table)
    assert found["locust_workers", "running"] == 2
    assert found["locust_workers", "missing"] == 1
    assert found["locust_workers", "ready"] == found["locust_workers", "spawning"] == 0
    assert found["locust_workers_cpu_warning",] == 1
    assert found["locust_users", "Reader"] == found["locust_current_users",] == 5


def test_a_lost_worker_stays_missing(runner: Runner) -> None:
    """A worker that Locust has removed after a minute is still counted as missing."""
    table = SeriesTable()
    collect = master_gauges(table, runner, going_on)
    runner.clients = {"a": Worker("running"), "b": Worker("missing")}
    collect()
    runner.clients.pop("b")
    collect()
    assert values(table)["locust_workers", "missing"] == 1


def test_a_worker_whose_data_was_not_waited_for_is_missing(runner: Runner) -> None:
    """The last snapshot counts it once, whether Locust calls it missing or not."""
    table = SeriesTable()
    collect = master_gauges(table, runner, going_on, lambda: {"a", "b"})
    runner.clients = {"a": Worker("running"), "b": Worker("missing")}
    collect()
    assert values(table)["locust_workers", "missing"] == 2


@pytest.mark.parametrize("forgotten", [True, False])
def test_a_worker_that_heals_is_missing_no_more(runner: Runner, *, forgotten: bool) -> None:
    """A worker that reports again has its current state, even if Locust had removed it."""
    table = SeriesTable()
    collect = master_gauges(table, runner, going_on)
    runner.clients = {"b": Worker("missing")}
    collect()
    if forgotten:
        runner.clients = {}
        collect()
    runner.clients = {"b": Worker("running")}
    collect()
    assert values(table)["locust_workers", "missing"] == 0
    assert values(table)["locust_workers", "running"] == 1


def test_a_worker_that_leaves_in_order_is_not_missing(runner: Runner) -> None:
    """A worker that quits regularly is not missing."""
    table = SeriesTable()
    collect = master_gauges(table, runner, going_on)
    runner.clients = {"a": Worker("running")}
    collect()
    runner.clients = {}
    collect()
    assert values(table)["locust_workers", "missing"] == values(table)["locust_workers", "running"] == 0


def test_a_local_run_has_no_workers(runner: Runner) -> None:
    """Without a master there are no series of workers."""
    table = SeriesTable()
    runner.user_classes_count = {"Reader": 2}
    user_gauges(table, runner, going_on)()
    assert not [key for key in values(table) if key[0].startswith("locust_workers")]
    assert values(table)["locust_users", "Reader"] == 2


def test_a_master_speaks_for_its_workers(runner: Runner) -> None:
    """If only the master pushes, it has the highest CPU and memory of the workers, and the sum of users."""
    table = SeriesTable()
    usages: list[tuple[float, float]] = []
    collect = workers_process_gauges(table, runner, lambda: usages)
    collect()
    assert math.isnan(values(table)["locust_process_cpu_percent",])
    usages += (20.0, 5), (95.0, 3), (math.nan, 4)
    runner.clients = {"a": Worker("running"), "b": Worker("running", warned=True)}
    runner.reported_user_classes_count = {"Reader": 7}
    collect()
    found = values(table)
    assert found["locust_process_cpu_percent",] == 95
    assert found["locust_process_resident_memory_bytes",] == 5
    assert found["locust_process_cpu_warning",] == 1
    assert found["locust_process_users", "Reader"] == 7


def test_a_clock_skew_is_unknown_until_it_is_measured() -> None:
    """The clock skew is NaN before the first answer of the master, not 0."""
    table = SeriesTable()
    skews: list[float | None] = [None, -2.5]
    collect = value_gauge(table, metrics.PROCESS_CLOCK_SKEW, lambda: skews.pop(0))
    collect()
    assert math.isnan(values(table)["locust_process_clock_skew_seconds",])
    collect()
    assert values(table)["locust_process_clock_skew_seconds",] == -2.5


def test_without_requests_there_are_no_percentiles() -> None:
    """Without measurements values are NaN, a gap in a graph; an error rate without requests is 0."""
    table = SeriesTable()
    window = Window(10, begin=0, delay=0)
    rate_gauges(table, lambda shares: window.rates(50.0, shares))()
    found = values(table)
    assert math.isnan(found["locust_response_time_percentile_seconds", "95"])
    assert found["locust_error_rate_percent",] == found["locust_requests_per_second",] == 0


def test_rates_and_percentiles_are_in_base_units() -> None:
    """Values are converted to seconds and percent from Locust's milliseconds and counts."""
    recording, table, window = Recording(recent_by_name=False), SeriesTable(), Window(10, begin=0, delay=0)
    for number in range(200):
        recording.fire("GET", "/", 150.0 if number else 300.0, 1, OSError() if number < 3 else None)
    recording.read()
    window.add("a", recording.recorder.take_totals(), 40, 50)
    rate_gauges(table, lambda shares: window.rates(50.0, shares))()
    found = values(table)
    assert found["locust_requests_per_second",] == 20
    assert found["locust_failures_per_second",] == pytest.approx(0.3)
    assert found["locust_error_rate_percent",] == pytest.approx(1.5)
    assert found["locust_response_time_percentile_seconds", "99"] == pytest.approx(0.15, rel=RELATIVE_ERROR)
    assert found["locust_response_time_percentile_seconds", "99.9"] == 0.3
