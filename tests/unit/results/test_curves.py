"""The run over time, from gauges and from counted requests."""

import math

import pytest

from locust_push.results.curves import points
from locust_push.results.model import Run
from locust_push.results.samples import Curve, Findings

START = 1_000_000.0


def run(seconds: float | None = 10.0) -> Run:
    """Return a run of a number of seconds."""
    return Run("r", {}, START, None if seconds is None else START + seconds)


def gauge(name: str, **values: float) -> Curve:
    """Return a gauge of the run's master, with values by tick: ``t5=2.0`` five seconds after the start."""
    return Curve({"__name__": name}, [(_ms(at), value) for at, value in values.items()])


def counted(status: str, **values: float) -> Curve:
    """Return a count of requests of a process."""
    return Curve({"status": status}, [(_ms(at), value) for at, value in values.items()])


def _ms(at: str) -> int:
    return round(1000 * (START + float(at[1:].replace("_", "."))))


def test_a_rate_is_of_the_requests_between_two_ticks() -> None:
    """Rates are the requests of all processes between two ticks, rather than gauges."""
    users = gauge("locust_current_users", t2=1, t4=1, t6=1)
    looks_back = gauge("locust_requests_per_second", t2=1, t4=2, t6=3)
    processes = [counted("success", t2=20, t4=60), counted("success", t4=0, t6=10), counted("failure", t2=2, t6=10)]
    found = points(Findings([], [users, looks_back], processes), run(6.0))
    assert [point.requests_per_second for point in found] == pytest.approx([11, 22, 7])
    assert [point.failures_per_second for point in found] == pytest.approx([1, 2, 2])


def test_a_process_that_comes_late_counts_from_a_tick_before_its_first_sample() -> None:
    """A late process counts from one tick before its first sample."""
    users = gauge("locust_current_users", t2=1, t4=1, t6=1)
    found = points(Findings([], [users], [counted("success", t6=20)]), run(6.0))
    assert [point.requests_per_second for point in found] == pytest.approx([0, 0, 10])


def test_without_counts_the_gauges_speak() -> None:
    """Without counted requests the rates come from gauges."""
    found = points(Findings([], [gauge("locust_requests_per_second", t2=1, t4=2)]), run())
    assert [(point.elapsed, point.requests_per_second) for point in found] == [(2, 1), (4, 2)]
    assert all(math.isnan(point.users) for point in found)


def test_the_last_snapshot_stands_at_the_end_and_holds_all_requests() -> None:
    """The last snapshot may be seconds late, and scraped repeatedly; it is placed at the end."""
    users = gauge("locust_current_users", t2=5, t4=5, t9=4, t14=4, t19=4)
    found = points(Findings([], [users], [counted("success", t2=20, t4=40, t7=60)]), run(6.0))
    assert [(point.elapsed, point.users) for point in found] == [(2, 5), (4, 5), (6, 4)]
    assert [point.requests_per_second for point in found] == pytest.approx([10, 10, 10])


def test_a_tick_right_after_another_is_no_peak() -> None:
    """A short last tick has no exaggerated rate: three requests in ten milliseconds are not 300 per second."""
    users = gauge("locust_current_users", t2=5, t4=5, t4_01=5)
    found = points(Findings([], [users], [counted("success", t2=20, t4=40, t4_01=43)]), run(4.01))
    assert found[-1].requests_per_second == pytest.approx(23 / 2.01)
