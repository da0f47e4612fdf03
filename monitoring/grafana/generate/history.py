"""History: the runs within the time range, and how they develop."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders import dashboard, table, timeseries
from grafana_foundation_sdk.models import units

from locust_push.documents.grafana import HISTORY
from monitoring.grafana.generate import frame, runs
from monitoring.grafana.generate.parts import Column, grid, trend
from monitoring.grafana.generate.promql import last
from monitoring.grafana.generate.run_table import what_is_known, what_it_is

_P95 = 'quantile="0.95"'


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    about = "All runs within the time range. What a run came to is known once it has ended."
    builder = frame.dashboard(HISTORY, "Locust: history", about, since="now-30d")
    frame.row(builder, "Trends: a dot per run", _trends())
    frame.row(builder, "Runs", [_runs()])
    return builder


def _results() -> Iterator[Column]:
    yield Column("Requests", runs.total("locust_run_requests"), unit=units.NoUnit)
    yield Column("Rate", runs.total("locust_run_requests_per_second"), unit=units.RequestsPerSecond)
    yield Column("p95", runs.total("locust_run_response_time_seconds", _P95), unit=units.Seconds)
    yield Column("Errors", runs.total_error_percent(), unit=units.Percent)


def _runs() -> table.Panel:
    first, *rest = what_is_known(last)
    columns = (*what_it_is(last), *_results(), first, *rest)
    return grid("", *columns, height=14, about="A run's ID leads to its dashboards, in its time range.")


def _trends() -> list[timeseries.Panel]:
    run, start, *_ = what_it_is(last)
    titles = {"p95": "p95", "Rate": "Throughput", "Errors": "Error rate"}
    values = {column.title: column for column in _results()}
    return [trend(title, values[name].unit, start, values[name], run) for name, title in titles.items()]
