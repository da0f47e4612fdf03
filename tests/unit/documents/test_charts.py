import math
from dataclasses import replace
from itertools import pairwise

import pytest

from locust_push.documents.charts import (
    MAX_HOVERS,
    Chart,
    charts,
    spawn_complete,
)
from locust_push.results.model import Point, RunResults
from tests.unit.documents.summaries import points, report, summary


def chart(title: str, run: RunResults | None = None, base: RunResults | None = None) -> Chart:
    return next(one for one in charts(report(run=run, base=base)) if one.title == title)


def test_a_report_has_four_charts() -> None:
    """The charts are in the order of the page."""
    titles = [one.title for one in charts(report())]
    assert titles == ["Throughput", "Users", "Response times", "Distribution of response times"]


def test_a_baseline_lies_on_the_same_axis_of_elapsed_time() -> None:
    """The baseline is dashed, below the run; the axis is as long as the longer of both."""
    base = replace(summary("base"), series=points(0.1, count=20))
    made = chart("Response times", base=base)
    assert [(line.name, line.dashed) for line in made.lines] == [
        ("p50", True), ("p95", True), ("p99", True), ("p50", False), ("p95", False), ("p99", False)
    ]  # fmt: skip
    assert made.x.high == 95.0


def test_the_vertical_axis_holds_both_runs() -> None:
    """A slow baseline is not cut off."""
    made = chart("Response times", base=summary("base", seconds=1.0))
    assert made.y.high >= 4.0


def test_markers_tell_when_all_users_were_there_and_the_end() -> None:
    """Markers of both runs show when all users were running, and the end."""
    made = chart("Users", base=replace(summary("base"), series=points(0.1, count=20)))
    found = [(marker.at, marker.name, marker.dashed) for marker in made.markers]
    assert found == [(10.0, "10 users", True), (95.0, "end", True), (10.0, "10 users", False), (55.0, "end", False)]


def test_all_users_are_there_when_there_never_were_more() -> None:
    """All users are running at the first maximum; without recorded users there is no such tick."""
    assert spawn_complete(points(0.1)) == points(0.1)[2]
    assert spawn_complete([Point(0.0, *(math.nan,) * 6)]) is None


def test_pointing_at_a_place_tells_its_time_and_both_values() -> None:
    """The baseline's value is its last one up to that time, and none after its end."""
    made = chart("Users", base=replace(summary("base"), series=points(0.1, count=3, users=4)))
    assert made.hovers[1].text == "0:05\nusers 5 (before 2)"
    assert made.hovers[3].text == "0:15\nusers 10"


def test_a_gap_is_told_as_such() -> None:
    """The first tick has no measurements yet."""
    assert chart("Response times").hovers[0].text == "0:00\np50 -\np95 -\np99 -"


@pytest.mark.parametrize("count", [1, 2, MAX_HOVERS, MAX_HOVERS + 1, 10_000])
def test_places_to_point_at_are_bounded_and_without_gaps(count: int) -> None:
    """The number of texts is bounded, however long the run was."""
    hovers = chart("Users", replace(summary(), series=points(0.1, count=count))).hovers
    assert 1 <= len(hovers) <= MAX_HOVERS
    assert all(before.high == after.low for before, after in pairwise(hovers))
    assert (hovers[0].low, hovers[-1].high) == (0.0, 5.0 * (count - 1))


def test_without_a_record_there_are_no_lines() -> None:
    """Without data the charts have no lines."""
    bare = summary()
    bare = replace(bare, series=(), aggregated=replace(bare.aggregated, histogram=(), response_times={}))
    assert [one.lines for one in charts(report(run=bare))] == [()] * 4


def test_the_distribution_tells_shares_of_both_runs() -> None:
    """The run is shaded, the baseline dashed; markers name the run's percentiles."""
    made = chart("Distribution of response times", base=summary("base", seconds=0.2))
    assert [(line.dashed, line.filled) for line in made.lines] == [(True, False), (False, True)]
    assert [marker.name for marker in made.markers] == ["p50", "p95", "p99"]
    assert "of requests (before 0.0 %)" in made.hovers[0].text
