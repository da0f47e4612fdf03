"""Rates and percentiles over the last seconds, from reports that come at different times."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.delta import DurationDelta, Totals
from locust_push.core.window import SHORTEST, Rates, Window

INTERVAL = 3.0
"""Seconds between two reports of a worker."""

DELAY = 3.5


def report(requests: int, *, failures: int = 0, seconds: float | None = None) -> Totals:
    """Return a report of a process with requests of equal duration."""
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
    """With workers that report at different times the rate is exact at any time."""
    window = Window(seconds, begin=-100, delay=DELAY)
    start = now - seconds - 4 * INTERVAL
    for worker, phase in enumerate(phases):
        for number in range(60):
            end = start + phase + (number + 1) * INTERVAL
            if end <= now:
                window.add(worker, report(30, failures=3), end - INTERVAL, end)
    found = rates(window, now)
    assert found.requests_per_second == pytest.approx(10 * len(phases))
    assert found.failures_per_second == pytest.approx(len(phases))
    assert found.error_percent == pytest.approx(10)


def test_a_tick_longer_than_the_window_is_one_window() -> None:
    """If a process reports once a minute, the window is that minute, without a gap."""
    window = Window(60, begin=0, delay=0)
    window.add("a", report(600), 0, 60)
    assert rates(window, 60).requests_per_second == 10
    window.add("a", report(1200), 60, 120)
    assert rates(window, 120).requests_per_second == 20


def test_silence_is_a_rate_of_zero() -> None:
    """After the last report the rate falls to 0 within the window, and percentiles to NaN."""
    window = Window(10, begin=0, delay=DELAY)
    for number in range(10):
        window.add("a", report(30, seconds=0.1), number * INTERVAL, (number + 1) * INTERVAL)
    assert rates(window, 30 + DELAY).requests_per_second == pytest.approx(10)
    assert rates(window, 35 + DELAY).requests_per_second == pytest.approx(5)
    silent = rates(window, 40 + DELAY)
    assert (silent.requests_per_second, silent.error_percent) == (0, 0)
    assert math.isnan(silent.percentiles[0])


def test_a_worker_that_leaves_takes_its_rate_along() -> None:
    """When one of two workers stops reporting, its share disappears after the window, the other's stays."""
    window = Window(10, begin=0, delay=DELAY)
    for number in range(10):
        window.add("a", report(30), number * INTERVAL, (number + 1) * INTERVAL)
        if number < 5:
            window.add("b", report(90), number * INTERVAL, (number + 1) * INTERVAL)
    assert rates(window, 15 + DELAY).requests_per_second == pytest.approx(40)
    assert rates(window, 30).requests_per_second == pytest.approx(10)


def test_a_young_run_has_the_rate_of_the_time_that_there_was() -> None:
    """A run of two seconds is not divided by ten; one of half a second has no rate yet."""
    window = Window(10, begin=100, delay=0)
    window.add("a", report(50), 100, 100.5)
    assert math.isnan(rates(window, 100.5).requests_per_second)
    window.add("a", report(150), 100.5, 102)
    assert rates(window, 102).requests_per_second == 100


@given(st.lists(st.floats(0.1, INTERVAL), min_size=1, max_size=5), st.floats(0, 60))
def test_at_any_time_there_is_the_rate_of_all_workers_or_none(phases: list[float], now: float) -> None:
    """From the first report of the last worker on, the rate is that of all of them, never a part of it."""
    window = Window(10, begin=0, delay=DELAY)
    window.expect(range(len(phases)))
    for worker, phase in enumerate(phases):
        ends = [phase + number * INTERVAL for number in range(30)]
        for start, end in pairwise([0.0, *ends]):
            if end <= now:
                window.add(worker, report(round(1000 * (end - start))), start, end)
    found = rates(window, now).requests_per_second
    assert math.isnan(found) if now < max(phases) else True
    if now >= INTERVAL + 2 * SHORTEST:
        assert found == pytest.approx(1000 * len(phases), rel=0.01)


def test_a_worker_that_never_reports_is_waited_for_no_longer_than_a_report_may_take() -> None:
    """A worker without reports counts as idle after the delay, and the others' rate is right."""
    window = Window(10, begin=0, delay=DELAY)
    window.expect(["a", "silent"])
    window.add("a", report(30), 0, 3)
    assert math.isnan(rates(window, 3).requests_per_second)
    window.add("a", report(30), 3, 6)
    assert rates(window, 6).requests_per_second == 10


def test_processes_that_are_gone_are_forgotten() -> None:
    """Thousands of workers that come and go leave no memory behind."""
    window = Window(10, begin=0, delay=0)
    for number in range(1000):
        window.add(number, report(1), number, number + 1)
        rates(window, number + 1)
    assert "of 11 processes" in repr(window)


def test_a_report_that_comes_late_counts_where_it_belongs() -> None:
    """A delayed report counts at the time of its requests, without a peak now."""
    window = Window(10, begin=0, delay=DELAY)
    for number in range(20):
        window.add("a", report(30), number * INTERVAL, (number + 1) * INTERVAL)
    before = rates(window, 60 + DELAY)
    window.add("a", report(6000), 0, 30)
    assert rates(window, 60 + DELAY) == before
    window.add("a", report(300), 50, 60)
    assert rates(window, 60 + DELAY).requests_per_second == pytest.approx(40)


def test_percentiles_are_those_of_the_window() -> None:
    """Old slow times are forgotten, and a report counts where most of it lies."""
    window = Window(10, begin=0, delay=0)
    window.add("a", report(100, seconds=5.0), 0, 8)
    window.add("a", report(100, seconds=0.5), 8, 12)
    assert window.rates(12, [0.25]).percentiles[0] == pytest.approx(0.5, rel=0.011)
    assert window.rates(12, [0.75]).percentiles[0] == pytest.approx(5.0, rel=0.011)
    window.add("a", report(100, seconds=0.1), 12, 16)
    assert window.rates(16, [1.0]).percentiles[0] == pytest.approx(0.5, rel=0.011)


def test_a_report_of_no_time_or_of_nothing_is_no_report() -> None:
    """Without elapsed time nothing is divided by zero."""
    window = Window(10, begin=0, delay=0)
    window.add("a", report(30), 5, 5)
    window.add("a", Totals(), 0, 5)
    assert rates(window, 5).requests_per_second == 0


def test_old_reports_are_let_go() -> None:
    """Reports before the window are dropped, so that memory stays constant."""
    window = Window(10, begin=0, delay=0)
    for number in range(1000):
        window.add("a", report(1), number, number + 1)
        rates(window, number + 1)
    assert repr(window) == "<Window of 10 s, 10 reports of 1 processes>"
