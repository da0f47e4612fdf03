"""Two runs side by side."""

import math
from dataclasses import replace

import pytest

from locust_push.results.compare import NothingInCommonError, compare
from locust_push.results.measures import MEASURES
from locust_push.results.model import Precision, PrecisionSource, ResultRow
from tests.unit.summaries import row, summary


def many(**values: float) -> ResultRow:
    return row("/", **{"requests": 1_000_000, **values})  # type: ignore[arg-type]  # as the tests give them


@pytest.mark.parametrize(
    ("name", "before", "after", "verdict"),
    [
        ("p95", many(), many(p95=0.2), "worse"),
        ("p95", many(), many(p95=0.05), "better"),
        ("p95", many(), many(p95=0.104), "same"),
        ("shift", many(), many(p95=0.2), "worse"),
        ("rps", many(), many(requests=700_000), "worse"),
        ("rps", many(), many(requests=1_300_000), "better"),
        ("error_rate", many(), many(failures=30), "worse"),
        ("error_rate", many(), many(failures=1), "same"),
        ("failures", many(failures=90), many(failures=20), "better"),
        ("p95", many(p95=math.nan), many(), "same"),
        ("p95", row("/", requests=50), row("/", requests=50, p95=0.9), "same"),
    ],
)
def test_each_measure_has_its_direction(name: str, before: ResultRow, after: ResultRow, verdict: str) -> None:
    """Higher latency and lower throughput are worse; what may be chance is neither."""
    (compared,) = compare([summary(before)], summary(after)).rows
    assert compared.change(name).verdict == verdict


def test_what_changed_most_comes_first() -> None:
    """Rows with shown changes come first, the largest first; the others are ordered by name."""
    before = summary(*(row(name, requests=1_000_000) for name in ("/a", "/b", "/c", "/d")))
    after = summary(
        *(row(f"/{name}", p95=p95, requests=1_000_000) for name, p95 in zip("abcd", (0.1, 0.2, 0.1, 0.5), strict=True))
    )
    assert [one.label for one in compare([before], after).rows] == ["GET /d", "GET /b", "GET /a", "GET /c"]


def test_another_mix_of_requests_is_told_apart_from_slower_ones() -> None:
    """With the same durations, but more slow requests, there is no shift, and the effect on p95 is stated."""
    before, after = (
        summary(row("/fast", p95=0.01, requests=100_000 - slow), row("/slow", p95=1.0, requests=slow))
        for slow in (10_000, 30_000)
    )
    comparison = compare([before], after)
    assert comparison.aggregated.change("shift").verdict == "same"
    assert any(
        line.startswith("20 % of the requests are of another type than in r: p95") for line in comparison.warnings
    )


def test_rows_of_both_runs_are_there() -> None:
    """Rows that only one side has are included, with their side."""
    comparison = compare([summary(row("/a"), row("/old"))], summary(row("/a"), row("/new")))
    assert [(one.label, one.side) for one in comparison.rows] == [
        ("GET /a", "both"),
        ("GET /new", "run only"),
        ("GET /old", "base only"),
    ]
    assert math.isnan(comparison.rows[1].change("p95").before)
    assert comparison.aggregated.label == "Aggregated"


def test_two_runs_with_no_request_in_common_are_refused() -> None:
    """Runs without a common request are an error of one line, with both names."""
    with pytest.raises(NothingInCommonError, match=r"^runs a and b have no request in common$"):
        compare([summary(row("/a"), run_id="a")], summary(row("/b"), run_id="b"))


def test_what_makes_a_comparison_unfair_is_said() -> None:
    """Other parameters, and response times with another precision, are warnings."""
    base = summary(row("/a"), run_id="a", info={"users": "10", "git_commit": "1"})
    run = summary(row("/a"), run_id="b", info={"users": "20", "git_commit": "2"})
    rough = replace(run, aggregated=replace(run.aggregated, precision=Precision(PrecisionSource.CLASSIC, None)))
    assert compare([base], rough).warnings == (
        "a was run with other parameters (users 10 → 20)",
        "response times of a are from end-of-run summary, ±1.1 %, of b from classic histograms, ± one bucket",
    )


def test_what_began_to_fail_changed_most() -> None:
    """A change from 0 has no percentage; it comes first, wherever it is in the run."""
    names = [f"/{number}" for number in range(9)]
    base = summary(*(row(name, requests=100_000, failures=0 if name == "/4" else 100) for name in names))
    now = summary(*(row(name, requests=100_000, failures=900 + int(name[1])) for name in names))
    assert [one.label for one in compare([base] * 5, now).rows][:2] == ["GET /4", "GET /8"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("p95", 0.00044, "0.44 ms"),
        ("p95", 0.0044, "4.4 ms"),
        ("p95", 0.0444, "44.4 ms"),
        ("p95", 0.0999, "99.9 ms"),
        ("p95", 0.4444, "444 ms"),
        ("p95", 12.3456, "12,346 ms"),
        ("p95", math.nan, "-"),
        ("error_rate", 0.0, "0 %"),
        ("error_rate", 0.126, "0.13 %"),
        ("error_rate", 100.0, "100 %"),
        ("requests", 1234567.0, "1,234,567"),
        ("rps", 3.25, "3.2"),
    ],
)
def test_numbers_are_shown_with_enough_digits(name: str, value: float, shown: str) -> None:
    """Values have enough digits; times are in milliseconds."""
    assert MEASURES[name].show(value) == shown
