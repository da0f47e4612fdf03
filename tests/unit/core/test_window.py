"""Rates and percentiles over the last seconds, out of reports that come at their own times."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.delta import DurationDelta, Totals
from locust_push.core.window import Rates, Window

INTERVAL = 3.0
"""Seconds between two reports of a worker."""

DELAY = 3.5


def report(requests: int, *, failures: int = 0, seconds: float | None = None) -> Totals:
    """What a process did, all requests equally long."""
    if seconds is None:
        durations = DurationDelta()
    else:
        durations = DurationDelta(requests, requests * seconds, seconds, seconds)
        durations.exponential[math.ceil(math.log2(seconds) * 32)] = requests
    return Totals(requests, failures, durations)


def rates(window: Window, now: float) -> Rates:
    return window.rates(now, [0.5])


@given(
    st.lists(st.floats(0, INTERVAL, exclude_max=True), min_size=1, max_size=5),
    st.floats(20, 40),
    st.sampled_from([10.0, 15.0, 60.0]),
)
def test_steady_workers_have_their_rate_at_any_time(phases: list[float], now: float, seconds: float) -> None:
    """Each worker makes 10 requests a second and reports at times of its own: the rate is exact whenever one looks."""
    window = Window(seconds, delay=DELAY)
    start = now - seconds - 4 * INTERVAL
    for phase in phases:
        for number in range(60):
            end = start + phase + (number + 1) * INTERVAL
            if end <= now:
                window.add(report(30, failures=3), end - INTERVAL, end)
    found = rates(window, now)
    assert found.requests_per_second == pytest.approx(10 * len(phases))
    assert found.failures_per_second == pytest.approx(len(phases))
    assert found.error_percent == pytest.approx(10)


def test_a_tick_longer_than_the_window_is_one_window() -> None:
    """Where a process looks once a minute, the window is that minute, and no second of it is missing."""
    window = Window(60, delay=0)
    window.add(report(600), 0, 60)
    assert rates(window, 60).requests_per_second == 10
    window.add(report(1200), 60, 120)
    assert rates(window, 120).requests_per_second == 20


def test_silence_is_a_rate_of_zero() -> None:
    """After the last report the rate falls to 0 within the window, and percentiles to nothing at all."""
    window = Window(10, delay=DELAY)
    for number in range(10):
        window.add(report(30, seconds=0.1), number * INTERVAL, (number + 1) * INTERVAL)
    assert rates(window, 30 + DELAY).requests_per_second == pytest.approx(10)
    assert rates(window, 35 + DELAY).requests_per_second == pytest.approx(5)
    silent = rates(window, 40 + DELAY)
    assert (silent.requests_per_second, silent.error_percent) == (0, 0)
    assert math.isnan(silent.percentiles[0])


def test_a_worker_that_leaves_takes_its_rate_along() -> None:
    """When one of two workers reports no more, its share is gone after the window, the other's is not."""
    window = Window(10, delay=DELAY)
    for number in range(10):
        window.add(report(30), number * INTERVAL, (number + 1) * INTERVAL)
        if number < 5:
            window.add(report(90), number * INTERVAL, (number + 1) * INTERVAL)
    assert rates(window, 15 + DELAY).requests_per_second == pytest.approx(40)
    assert rates(window, 30).requests_per_second == pytest.approx(10)


def test_a_report_that_comes_late_counts_where_it_belongs() -> None:
    """What a worker tells after a pause lies in the time in which it happened, and is no peak now."""
    window = Window(10, delay=DELAY)
    for number in range(20):
        window.add(report(30), number * INTERVAL, (number + 1) * INTERVAL)
    before = rates(window, 60 + DELAY)
    window.add(report(6000), 0, 30)
    assert rates(window, 60 + DELAY) == before
    window.add(report(300), 50, 60)
    assert rates(window, 60 + DELAY).requests_per_second == pytest.approx(40)


def test_percentiles_are_those_of_the_window() -> None:
    """Slow times long ago are forgotten, and a report counts where most of it lies."""
    window = Window(10, delay=0)
    for end, seconds in ((10.0, 5.0), (20.0, 0.5), (30.0, 0.1)):
        window.add(report(100, seconds=seconds), end - 10, end)
    assert window.rates(24.0, [0.5]).percentiles[0] == pytest.approx(0.5, rel=0.011)
    assert window.rates(26.0, [0.5]).percentiles[0] == pytest.approx(0.1, rel=0.011)


def test_a_report_of_no_time_or_of_nothing_is_no_report() -> None:
    """Nothing is divided by nothing."""
    window = Window(10, delay=0)
    window.add(report(30), 5, 5)
    window.add(Totals(), 0, 5)
    assert rates(window, 5).requests_per_second == 0


def test_old_reports_are_let_go() -> None:
    """What is before the window is held no longer, so that memory stays flat for days."""
    window = Window(10, delay=0)
    for number in range(1000):
        window.add(report(1), number, number + 1)
        rates(window, number + 1)
    assert repr(window) == "<Window of 10 s, 10 reports>"
