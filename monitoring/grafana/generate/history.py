"""History: the runs within the time range, and how they develop."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from grafana_foundation_sdk.builders import dashboard, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import AnnotationQuery

from locust_push.documents.grafana import HISTORY
from monitoring.grafana.generate import frame, moments, runs, variables
from monitoring.grafana.generate.parts import Column, grid, trend
from monitoring.grafana.generate.promql import last, selector
from monitoring.grafana.generate.run_table import what_is_known, what_it_is

_P95 = 'quantile="0.95"'

_TRENDS = (
    (
        "p95",
        "p95",
        "Of all requests of each run. Choose one locustfile, branch and parameters to compare like with like.",
    ),
    ("Rate", "Throughput", "Requests per second of each run, the mean from its start to its end."),
    ("Errors", "Error rate", "Failed requests of each run, in percent of all of them."),
)
"""Column, title and description of each chart."""


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    about = "All runs within the time range. What a run came to is known once it has ended."
    builder = frame.dashboard(HISTORY, "Locust: history", about, *variables.alike(), since="now-30d")
    builder.annotations([_lasting_changes()])
    frame.row(builder, "Trends: a dot per run", _trends())
    frame.row(builder, "Runs", [_runs()])
    frame.row(builder, "Changes", [_changes()])
    return builder


def _changed() -> str:
    return last(selector("locust_trend_change_percent", runs.JOB))


def _lasting_changes() -> Builder[AnnotationQuery]:
    """Return a mark at the start of each run from which on something is different."""
    text = "{{measure}} {{verdict}}: {{method}} {{name}}, since {{run_id}} {{git_commit}}"
    expr = f"0 * {_changed()} + on (run_id) group_left () (1000 * {runs.start_time(last)})"
    return moments.timed("Lasting change", _of_alike(expr), "orange", text)


def _changes() -> table.Panel:
    columns = (
        Column("First run", label="run_id"),
        Column("Measure", label="measure"),
        Column("Method", label="method"),
        Column("Name", label="name"),
        Column("Commit", label="git_commit"),
        Column("Change", f"max by (run_id, measure, method, name, git_commit) ({_changed()})", unit=units.Percent),
    )
    return grid(
        "Lasting changes",
        *_alike(columns),
        about="As locust-push trend --push-url found them: the first run after each, its commit, and the size.",
    )


def _results() -> Iterator[Column]:
    yield Column("Requests", runs.total("locust_run_requests"), unit=units.NoUnit)
    yield Column("Rate", runs.total("locust_run_requests_per_second"), unit=units.RequestsPerSecond)
    yield Column("p95", runs.total("locust_run_response_time_seconds", _P95), unit=units.Seconds)
    yield Column("Errors", runs.total_error_percent(), unit=units.Percent)


def _runs() -> table.Panel:
    first, *rest = what_is_known(last)
    columns = _alike([*what_it_is(last), *_results(), first, *rest])
    return grid("", *columns, height=14, about="A run's ID leads to its dashboards, in its time range.")


def _alike(columns: Sequence[Column]) -> list[Column]:
    """Return columns of the runs alone that have the chosen locustfile, branch and parameters."""
    return [replace(column, expr=_of_alike(column.expr)) if column.expr else column for column in columns]


def _of_alike(expr: str) -> str:
    chosen = last(selector("locust_run_info", runs.JOB, *(f'{name}=~"${name}"' for name in variables.ALIKE)))
    return f"({expr}) and on (run_id) {chosen}"


def _trends() -> list[timeseries.Panel]:
    run, start, *_ = _alike(what_it_is(last))
    values = {column.title: column for column in _alike(list(_results()))}
    return [trend(title, values[name].unit, start, values[name], run, about=about) for name, title, about in _TRENDS]
