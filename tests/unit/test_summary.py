"""The end-of-run summary, out of Locust's own statistics."""

import pytest

from locust_push.core.recorder import OVERFLOW
from locust_push.core.table import SeriesTable
from locust_push.summary import read_summary, write_summary
from tests.unit.locust_stand_ins import Entry, Stats


def written(stats: Stats, max_names: int) -> dict[tuple[str, ...], float]:
    """The values of the series that a summary makes, by name and label values."""
    table = SeriesTable()
    write_summary(table, read_summary(stats, max_names=max_names), end_time=1234.5)
    snapshot = table.snapshot(1, 0)
    keys = [(series.name, *(value for _, value in series.labels)) for series in snapshot.series]
    return dict(zip(keys, snapshot.values, strict=True))


def test_every_row_and_the_total_are_written() -> None:
    """Requests, failures, rate and quantiles of each row, in base units, beside the time of the end."""
    values = written(Stats(Entry("GET", "/", 30, 3), Entry("POST", "/", 10)), max_names=10)
    assert values["locust_run_requests", "GET", "/"] == 30
    assert values["locust_run_failures", "GET", "/"] == 3
    assert values["locust_run_requests_per_second", "POST", "/"] == 1
    assert values["locust_run_response_time_seconds", "GET", "/", "0.95"] == pytest.approx(0.95)
    assert values["locust_run_requests", "", "Aggregated"] == 40
    assert values["locust_run_end_time_seconds",] == 1234.5


def test_rows_beyond_max_names_add_up_in_one() -> None:
    """The summary is bounded, its sum is not: the rest is one row, without quantiles, which do not add up."""
    stats = Stats(*(Entry("GET", f"/{number}", 1, 1) for number in range(1000)))
    values = written(stats, max_names=10)
    assert values["locust_run_requests", "GET", OVERFLOW] == values["locust_run_failures", "GET", OVERFLOW] == 990
    assert ("locust_run_response_time_seconds", "GET", OVERFLOW, "0.5") not in values
    assert len(values) == 1 + 12 * 3 + 11 * 6
    assert sum(value for key, value in values.items() if key[0] == "locust_run_requests") == 2000


def test_methods_beyond_max_names_are_bounded_too() -> None:
    """A thousand methods are not a thousand rows."""
    stats = Stats(Entry("GET", "/", 1), *(Entry(f"M{number}", "/", 1) for number in range(1000)))
    values = written(stats, max_names=1)
    assert values["locust_run_requests", OVERFLOW, OVERFLOW] == 1000


def test_names_that_come_out_the_same_share_a_row() -> None:
    """Locust keeps 7 and "7" apart, labels cannot."""
    stats = Stats(Entry("GET", "7", 2))
    stats.entries["other", "GET"] = Entry("GET", 7, 3)  # type: ignore[arg-type]  # what a locustfile may do
    assert written(stats, max_names=10)["locust_run_requests", "GET", "7"] == 5
