import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.documents.axis import (
    Axis,
    clock,
    count_axis,
    elapsed_axis,
    log_seconds_axis,
    percent_axis,
    seconds_axis,
)


def texts(axis: Axis) -> list[str]:
    return [text for _, text in axis.ticks]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (count_axis(19.9), ["0", "5", "10", "15", "20"]),
        (count_axis(0.0), ["0", "0.25", "0.5", "0.75", "1"]),
        (count_axis(float("inf")), ["0", "0.25", "0.5", "0.75", "1"]),
        (count_axis(12_000), ["0", "5,000", "10,000", "15,000"]),
        (percent_axis(0.3), ["0 %", "0.1 %", "0.2 %", "0.3 %"]),
        (seconds_axis(0.39), ["0 ms", "100 ms", "200 ms", "300 ms", "400 ms"]),
        (seconds_axis(30), ["0 s", "10 s", "20 s", "30 s"]),
        (elapsed_axis(60), ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50", "1:00"]),
        (elapsed_axis(3 * 3600), ["0:00", "30:00", "1:00:00", "1:30:00", "2:00:00", "2:30:00", "3:00:00"]),
        (log_seconds_axis(0.009, 0.12), ["10 ms", "20 ms", "50 ms", "100 ms"]),
        (log_seconds_axis(0.0009, 9.0), ["1 ms", "10 ms", "100 ms", "1 s"]),
    ],
)
def test_ticks_are_numbers_that_people_count_in(axis: Axis, expected: list[str]) -> None:
    """Axes have few round ticks, with their unit."""
    assert texts(axis) == expected


@given(st.floats(1e-9, 1e12))
def test_an_axis_of_numbers_holds_what_it_was_made_for(high: float) -> None:
    """An axis is from 0 to at least the highest value, with two to six different ticks."""
    axis = count_axis(high)
    assert axis.place(0.0) == 0.0
    assert axis.place(high) <= 1.0 + 1e-5
    assert 2 <= len({value for value, _ in axis.ticks}) <= 6


@given(st.floats(0, 1e8))
def test_an_axis_of_time_has_few_ticks_all_of_them_on_it(high: float) -> None:
    """An axis of time has few ticks, all within the run."""
    axis = elapsed_axis(high)
    assert 1 <= len(axis.ticks) <= 8
    assert all(0.0 <= axis.place(value) <= 1.0 for value, _ in axis.ticks)


def test_orders_of_magnitude_are_evenly_spaced() -> None:
    """On a logarithmic axis equal ratios have equal distances."""
    axis = log_seconds_axis(0.001, 1.0)
    places = [axis.place(value) for value in (0.001, 0.01, 0.1, 1.0)]
    assert places == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")])
def test_elapsed_time_reads_like_a_clock(seconds: float, text: str) -> None:
    """Hours are shown if there are any."""
    assert clock(seconds) == text
