"""The end-of-run summary, from merged aggregates."""

import pytest

from locust_push.core.histogram import RELATIVE_ERROR
from locust_push.core.labels import OVERFLOW, QUANTILES
from locust_push.core.table import SeriesTable
from locust_push.live.run_totals import recorded_by, run_totals, write_run_totals
from tests.unit.core.recording import Recording


def written(recording: Recording, seconds: float = 10.0) -> dict[tuple[str, ...], float]:
    """Return the values of a summary's series, by name and label values."""
    recording.read()
    table = SeriesTable()
    write_run_totals(table, run_totals(recorded_by(recording.recorder), seconds))
    snapshot = table.snapshot(1, 0)
    keys = [(series.name, *(value for _, value in series.labels)) for series in snapshot.series]
    return dict(zip(keys, snapshot.values, strict=True))


def test_every_row_and_the_total_are_written() -> None:
    """Requests, failures, rate and quantiles of each row are in base units, with the end time."""
    recording = Recording()
    for milliseconds in range(1, 101):
        recording.fire("GET", "/", milliseconds, 1, OSError() if milliseconds > 97 else None)
    for _ in range(10):
        recording.fire("POST", "/", 5000.0, 1)
    values = written(recording)
    assert values["locust_run_requests", "GET", "/"] == 100
    assert values["locust_run_failures", "GET", "/"] == 3
    assert values["locust_run_requests_per_second", "POST", "/"] == 1
    assert values["locust_run_response_time_seconds", "GET", "/", "0.95"] == pytest.approx(0.095, rel=RELATIVE_ERROR)
    assert values["locust_run_response_time_seconds", "GET", "/", "1"] == 0.1
    assert values["locust_run_response_time_seconds", "", "Aggregated", "0.95"] == pytest.approx(5, rel=RELATIVE_ERROR)
    assert values["locust_run_requests", "", "Aggregated"] == 110


def test_a_row_of_failures_alone_is_whole() -> None:
    """A name without successes has response times as well."""
    recording = Recording()
    recording.fire("GET", "/", 2000.0, 1, OSError())
    assert written(recording)["locust_run_response_time_seconds", "GET", "/", "0.5"] == 2.0


def test_rows_beyond_max_names_add_up_in_one() -> None:
    """The number of rows is limited, sums are not: the rest is one row, with quantiles."""
    recording = Recording(max_names=10)
    for number in range(1000):
        recording.fire("GET", f"/{number}", 1.0, 1, OSError())
    values = written(recording)
    assert values["locust_run_requests", "GET", OVERFLOW] == values["locust_run_failures", "GET", OVERFLOW] == 990
    assert values["locust_run_response_time_seconds", "GET", OVERFLOW, "0.5"] == 0.001
    assert len(values) == 12 * (3 + len(QUANTILES))
    assert sum(value for key, value in values.items() if key[0] == "locust_run_requests") == 2000


def test_methods_beyond_max_names_are_bounded_too() -> None:
    """A thousand methods beyond the limit are one row."""
    recording = Recording(max_names=1)
    for number in range(1001):
        recording.fire(f"M{number}", "/", 1.0, 1)
    assert written(recording)["locust_run_requests", OVERFLOW, OVERFLOW] == 1000


def test_names_that_come_out_the_same_share_a_row() -> None:
    """Locust distinguishes 7 and "7", labels do not."""
    recording = Recording()
    for name in ("7", "7", 7):
        recording.fire("GET", name, 1.0, 1)
    assert written(recording)["locust_run_requests", "GET", "7"] == 3


def test_an_event_cannot_take_the_name_of_the_total() -> None:
    """An event without a method and with the name Aggregated is a separate row: no two series are equal."""
    recording = Recording()
    recording.fire("", "Aggregated", 5.0, 1)
    recording.fire("GET", "/", 50.0, 1)
    values = written(recording)
    assert values["locust_run_requests", "", "_Aggregated"] == 1
    assert values["locust_run_requests", "", "Aggregated"] == 2


def test_without_response_times_there_are_no_quantiles() -> None:
    """A request without a response time is counted, without quantiles."""
    recording = Recording()
    recording.fire("GET", "/", None, 1)
    values = written(recording)
    assert values["locust_run_requests", "GET", "/"] == 1
    assert not [key for key in values if key[0] == "locust_run_response_time_seconds"]


def test_a_run_without_length_has_no_rate() -> None:
    """A run that ended when it began divides nothing by zero."""
    recording = Recording()
    recording.fire("GET", "/", 1.0, 1)
    assert written(recording, seconds=0.0)["locust_run_requests_per_second", "", "Aggregated"] == 0
