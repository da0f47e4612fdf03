"""The dashboards, with every query answered by stores that hold two real runs."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from locust_push.cli.connection import connect
from locust_push.cli.trend_delivery import send_changes
from locust_push.documents.grafana import RunLinks
from locust_push.results.model import Run
from locust_push.results.trend import Trend, TrendChange
from tests.dashboards import tables
from tests.dashboards.grafana import Answered, Dashboard
from tests.dashboards.two_runs import APART, COMMIT, GRAFANA, NEW, OLD, TwoRuns
from tests.dashboards.variables import TimeRange
from tests.servers.query import Points

NAMES = ("live", "compare", "history", "agents")
MINUTE = 60.0

each_dashboard = pytest.mark.parametrize("name", NAMES)


def opened(name: str, runs: TwoRuns) -> Dashboard:
    """Open a dashboard with the time range of the newer run; the history with both runs in its range."""
    shown = runs.shown(NEW)
    if name == "history":
        shown = TimeRange(runs.start(OLD) - MINUTE, shown.end, step=10)
    return Dashboard(name, runs.prometheus, shown)


def is_table(panel: dict[str, Any]) -> bool:
    """Whether a panel shows rows: a table, or a chart made from one."""
    return bool(panel.get("transformations"))


def series_of(dashboard: Dashboard) -> Iterator[tuple[dict[str, Any], Answered]]:
    for panel in dashboard.panels:
        if not is_table(panel):
            for answer in dashboard.answers(panel):
                yield panel, answer


@each_dashboard
def test_every_query_has_data(two_runs: TwoRuns, name: str, record_property: Any) -> None:
    """No panel or annotation is empty, and every series has a number."""
    dashboard = opened(name, two_runs)
    for panel, answer in series_of(dashboard):
        assert answer.series, f"{panel['title']}: {answer.query['expr']}"
        numbers = ([value for _, value in series.values if not math.isnan(value)] for series in answer.series)
        assert all(numbers), f"{panel['title']}: {answer.query['expr']}"
    counts = dashboard.counts()
    record_property("counts", counts)
    print(f"{name}: {counts}")  # noqa: T201  # how much was checked is asked for


@each_dashboard
def test_other_stores_answer_every_query(elsewhere: TwoRuns, name: str) -> None:
    """Prometheus 2 and VictoriaMetrics: variables, panels, tables, annotations; only machines are not there."""
    dashboard = opened(name, elsewhere)
    assert all(options for variable, options in dashboard.variables.options.items() if variable != "node")
    for panel, answer in series_of(dashboard):
        assert answer.series or "node_" in answer.query["expr"], f"{panel['title']}: {answer.query['expr']}"
    for panel in (panel for panel in dashboard.panels if is_table(panel)):
        assert dashboard.rows(panel) or panel["title"] == "Lasting changes", panel["title"]
    assert [*dashboard.events()] or name in {"history", "agents"}


def test_runs_lie_over_each_other_in_other_stores(elsewhere: TwoRuns) -> None:
    """The baseline is moved by as much as lies between the starts of both, and each has its verdict."""
    compare = Dashboard("compare", elsewhere.prometheus, elsewhere.shown(NEW), candidate=NEW, baseline=OLD)
    assert float(compare.variables.values["offset"]) == pytest.approx(-1000 * APART, abs=1)
    users = compare.lines("Users")
    assert abs(first(users["candidate"]) - first(users["baseline"])) <= ONE_TICK
    history = opened("history", elsewhere)
    assert [row["Gate"] for row in history.rows(runs_panel(history))] == [1, 1]


@each_dashboard
def test_legends_and_units(two_runs: TwoRuns, name: str) -> None:
    """Each label in a legend exists, no two lines of a panel share a legend, each panel has a unit."""
    dashboard = opened(name, two_runs)
    for panel, answer in series_of(dashboard):
        assert all(label in series.labels for label in answer.legend_labels for series in answer.series), panel["title"]
        settings = panel["options"]["yAxis"] if panel["type"] == "heatmap" else panel["fieldConfig"]["defaults"]
        assert settings["unit"], panel["title"]
    for panel in dashboard.panels:
        if panel["type"] == "timeseries" and not is_table(panel):
            legends = [answer.legend(one.labels) for answer in dashboard.answers(panel) for one in answer.series]
            assert len(set(legends)) == len(legends), panel["title"]


@each_dashboard
def test_a_number_is_one_series(two_runs: TwoRuns, name: str) -> None:
    """A panel with a single number gets one, and the heat map gets buckets."""
    for panel, answer in series_of(opened(name, two_runs)):
        if panel["type"] == "stat":
            assert len(answer.series) == 1, panel["title"]
        if panel["type"] == "heatmap":
            assert {"+Inf", "0.1", "1.0"} <= {series.labels["le"] for series in answer.series}


@each_dashboard
def test_every_variable_has_values(two_runs: TwoRuns, name: str) -> None:
    """Every variable has values: jobs, runs, requests, processes, machines."""
    dashboard = opened(name, two_runs)
    assert all(dashboard.variables.options.values()), dashboard.variables.options
    runs = [options for key, options in dashboard.variables.options.items() if key in {"run", "candidate"}]
    assert all(options == [NEW, OLD] for options in runs), "the newest is first, and chosen if none is"


@each_dashboard
def test_a_finished_run_shows_when_nobody_looks_at_its_time(two_runs: TwoRuns, name: str) -> None:
    """The results of a run are the same when queried hours later, and links lead to its time."""
    dashboard = opened(name, two_runs)
    later = TimeRange(two_runs.end(NEW) + 50 * MINUTE, two_runs.end(NEW) + 60 * MINUTE)
    if name in {"live", "compare"}:
        afterwards = Dashboard(name, two_runs.prometheus, later)
        for panel in (panel for panel in dashboard.panels if panel["type"] == "table"):
            assert afterwards.rows(panel) == dashboard.rows(panel), panel["title"]


def test_totals_equal_what_was_served(two_runs: TwoRuns) -> None:
    """Requests and failures equal the run's in numbers, table and history, and Locust's own summary."""
    served = two_runs.served[NEW]
    live = opened("live", two_runs)
    assert (live.value("Requests"), live.value("Failures")) == (served.requests, served.failures)
    assert live.value("Error rate") == pytest.approx(100 * served.failures / served.requests)
    total = by_name(live, "Results by request")["Aggregated"]
    assert (total["Requests"], total["Failures"]) == (served.requests, served.failures)
    history = {row["Run"]: row for row in opened("history", two_runs).rows(runs_panel(opened("history", two_runs)))}
    assert {run_id: row["Requests"] for run_id, row in history.items()} == {
        run_id: counts.requests for run_id, counts in two_runs.served.items()
    }
    assert f" {served.requests:g} " in summary_line(two_runs.outputs[NEW])


def by_name(dashboard: Dashboard, title: str) -> dict[str, tables.Row]:
    """Return the rows of a table by request."""
    return {row["Request"]: row for row in dashboard.rows(dashboard.panel(title, "table"))}


def runs_panel(dashboard: Dashboard) -> dict[str, Any]:
    """Return the table of runs."""
    return next(panel for panel in dashboard.panels if panel["type"] == "table")


def summary_line(output: str) -> str:
    """Return the first line with totals that Locust printed at the end."""
    return next(line for line in output.splitlines() if line.strip().startswith("Aggregated"))


def test_the_rate_over_time_adds_up_to_the_requests(two_runs: TwoRuns) -> None:
    """The area under the request rate is the number of requests, so the first and last increments are included."""
    lines = opened("live", two_runs).lines("Request rate")
    area = sum(value for line in lines.values() for _, value in line.values)
    assert area == pytest.approx(two_runs.served[NEW].requests, rel=0.1)


def test_the_runs_are_listed_with_what_is_known(two_runs: TwoRuns) -> None:
    """The history has start, duration, verdict, requests, p95, error rate and commit, and the run's time range."""
    history = opened("history", two_runs)
    rows = {row["Run"]: row for row in history.rows(runs_panel(history))}
    assert set(rows) == {OLD, NEW}
    for run_id, row in rows.items():
        start, end = two_runs.start(run_id), two_runs.end(run_id)
        assert row["Start"] == pytest.approx(1000 * start)
        assert row["Duration"] == pytest.approx(end - start)
        assert row["from"] < 1000 * start < 1000 * end < row["to"]
        assert row["Commit"] == COMMIT
        assert row["Gate"] == 1
        assert 0 < row["p95"] < 1
        assert 0 < row["Errors"] < 100


def test_only_like_runs_are_listed(two_runs: TwoRuns) -> None:
    """Only runs of the chosen branch are listed: both, or none."""
    shown = TimeRange(two_runs.start(OLD) - MINUTE, two_runs.end(NEW) + MINUTE, step=10)
    listed = {
        branch: [row["Run"] for row in history.rows(runs_panel(history))]
        for branch in ("main", "other")
        if (history := Dashboard("history", two_runs.prometheus, shown, git_branch=branch))
    }
    assert (sorted(listed["main"]), listed["other"]) == ([OLD, NEW], [])


def test_links_open_the_right_run(two_runs: TwoRuns) -> None:
    """The link of a row selects the run, and leads only to existing dashboards."""
    panel = runs_panel(opened("history", two_runs))
    (override,) = [one for one in panel["fieldConfig"]["overrides"] if one["matcher"]["options"] == "Run"]
    (links,) = [one["value"] for one in override["properties"] if one["id"] == "links"]
    addresses = [link["url"] for link in links]
    assert [address.partition("?")[0] for address in addresses] == ["/d/locust-push-live", "/d/locust-push-compare"]
    assert [opened(name, two_runs).model["uid"] for name in ("live", "compare")] == [
        address.partition("?")[0].removeprefix("/d/") for address in addresses
    ]
    for address, variable in zip(addresses, ("run", "candidate"), strict=True):
        assert f"var-{variable}=${{__data.fields.Run}}&from=${{__data.fields.from.numeric}}" in address


def test_a_run_prints_where_it_is_to_be_seen(two_runs: TwoRuns) -> None:
    """A run prints its links once, at its start with an open time range, at its end with its own."""
    lines = [line for line in two_runs.outputs[NEW].splitlines() if GRAFANA in line]
    addresses = [line.rpartition(" ")[2] for line in lines]
    links = [RunLinks(GRAFANA, NEW, two_runs.start(NEW), end) for end in (None, two_runs.end(NEW))]
    assert addresses == [address for link in links for address in (link.live, link.compare)]


def test_trends_have_a_point_per_run(two_runs: TwoRuns) -> None:
    """Each run is listed with its start time."""
    history = opened("history", two_runs)
    for title, column in (("p95", "p95"), ("Throughput", "Rate"), ("Error rate", "Errors")):
        rows = history.rows(history.panel(title))
        assert {row["Run"]: round(row["Start"]) for row in rows} == {
            run_id: round(1000 * two_runs.start(run_id)) for run_id in (OLD, NEW)
        }
        assert all(row[column] > 0 for row in rows)


def test_moments_of_the_run_are_marked(two_runs: TwoRuns) -> None:
    """The annotations mark start, all users running, and end."""
    events = {event.text: event.time for event in opened("live", two_runs).events()}
    assert events["Run started"] == pytest.approx(two_runs.start(NEW), abs=0.01)
    assert events["Run ended"] == pytest.approx(two_runs.end(NEW), abs=0.01)
    assert events["Run started"] < events["Run all users running"] < events["Run ended"]


def test_lasting_changes_are_marked_where_they_began(two_runs: TwoRuns) -> None:
    """As trend sends them: at the start of the first run after each, and in a table with the size."""
    run = Run(NEW, {"git_commit": COMMIT}, two_runs.start(NEW), two_runs.end(NEW), {"job": "locust"})
    change = TrendChange(run, run, 12.5, 8.0, 17.0, 12.5, "worse", 0.001)
    place = connect((f"{two_runs.prometheus.url}/api/v1/write",), {})
    send_changes(place, [Trend(("GET", "/"), (run,), (0.0,), (change,))], "p95{name=*}")
    shown = TimeRange(two_runs.start(OLD) - MINUTE, time.time() + 11, step=10)
    history = Dashboard("history", two_runs.prometheus, shown)
    (event,) = history.events()
    assert event.time == pytest.approx(two_runs.start(NEW), abs=0.01)
    (row,) = history.rows(history.panel("Lasting changes", "table"))
    assert (row["First run"], row["Measure"], row["Name"], row["Change"]) == (NEW, "p95", "/", 12.5)


def test_only_the_machines_of_the_run_are_shown(two_runs: TwoRuns) -> None:
    """The machine panels choose the node_exporters by the host names in the run's instances."""
    live = opened("live", two_runs)
    (node,) = live.variables.options["node"]
    assert node in two_runs.prometheus.label_values("instance", "node_uname_info")
    assert 0 < max(value for _, value in live.lines("CPU of the machines")[node].values) <= 100


def test_a_chosen_request_is_shown_alone(two_runs: TwoRuns) -> None:
    """Request names with characters that are special in regular expressions are selected correctly."""
    lines = Dashboard("live", two_runs.prometheus, two_runs.shown(NEW), name="/items/[id]").lines("p95 by request")
    assert set(lines) == {"GET /items/[id]"}


ONE_TICK = 1.0


@pytest.mark.parametrize(("candidate", "baseline"), [(NEW, OLD), (OLD, NEW)], ids=["older", "newer"])
def test_two_runs_lie_over_each_other(two_runs: TwoRuns, candidate: str, baseline: str) -> None:
    """Runs hours apart, in either order, are aligned: users start and stop within one tick, and marks fit their run."""
    compare = Dashboard(
        "compare", two_runs.prometheus, two_runs.shown(candidate), candidate=candidate, baseline=baseline
    )
    apart = two_runs.start(candidate) - two_runs.start(baseline)
    assert abs(apart) > 7000
    assert float(compare.variables.values["offset"]) == pytest.approx(1000 * apart, abs=1)
    users = compare.lines("Users")
    for run_id, line in ((candidate, users["candidate"]), (baseline, users["baseline"])):
        seen = first(line) - two_runs.start(candidate), last(line) - two_runs.start(candidate)
        duration = two_runs.end(run_id) - two_runs.start(run_id)
        assert list(seen) == pytest.approx([0, duration], abs=2 * ONE_TICK)
    assert abs(first(users["candidate"]) - first(users["baseline"])) <= ONE_TICK
    events = {event.text: event.time for event in compare.events()}
    assert events["Baseline started"] == pytest.approx(events["Candidate started"], abs=0.01)
    assert events["Baseline ended"] - events["Baseline started"] == pytest.approx(
        two_runs.end(baseline) - two_runs.start(baseline), abs=0.01
    )


def first(line: Points) -> float:
    """Return the time at which a line begins."""
    return line.values[0][0]


def last(line: Points) -> float:
    """Return the time at which a line ends."""
    return line.values[-1][0]


def test_the_overlay_is_the_run_itself(two_runs: TwoRuns) -> None:
    """The moved baseline has the same values, tick by tick, as at its own time."""
    compare = opened("compare", two_runs)
    offset = float(compare.variables.values["offset"]) / 1000
    moved = compare.lines("Request rate")["baseline"]
    own = two_runs.prometheus.query_range(
        f'sum(rate(locust_requests_total{{run_id="{OLD}"}}[4s]))', first(moved) - offset, last(moved) - offset
    )
    assert [value for _, value in moved.values] == [value for _, value in own[0].values]
    assert len(moved.values) > 10


def test_a_run_can_be_compared_with_itself(two_runs: TwoRuns) -> None:
    """Without a difference between starts nothing is moved."""
    compare = Dashboard("compare", two_runs.prometheus, two_runs.shown(NEW), candidate=NEW, baseline=NEW)
    lines = compare.lines("Request rate")
    assert compare.variables.values["offset"] in {"0", "-0"}
    assert lines["baseline"].values == lines["candidate"].values


def test_the_differences_are_those_of_whole_runs(two_runs: TwoRuns) -> None:
    """Differences are in percent of the baseline, and of error rates in percentage points."""
    compare = opened("compare", two_runs)
    (panel,) = [panel for panel in compare.panels if panel["type"] == "table" and len(panel["targets"]) > 10]
    rows = {row["Request"]: row for row in compare.rows(panel)}
    assert set(rows) == {"/items/[id]", "/search", "/orders", "/pictures/[id]", "Aggregated"}
    total = rows["Aggregated"]
    assert total["Requests base"] == two_runs.served[OLD].requests
    assert total["Requests cand."] == two_runs.served[NEW].requests
    search = rows["/search"]
    assert search["p95 change"] == pytest.approx(100 * (search["p95 cand."] / search["p95 base"] - 1), abs=0.01)
    assert search["p95 change"] > 50
    orders = rows["/orders"]
    assert orders["Errors change"] == pytest.approx(orders["Errors cand."] - orders["Errors base"])
    assert orders["Errors change"] == pytest.approx(20, abs=5)
