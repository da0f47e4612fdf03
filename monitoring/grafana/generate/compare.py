"""Compare runs: a baseline, moved along the time axis so that it begins where the candidate does, under the candidate.

PromQL's ``offset`` moves it by as many milliseconds as the runs began apart; a hidden variable asks for that.
"""

from collections.abc import Callable, Iterator

from grafana_foundation_sdk.builders import dashboard, table, timeseries
from grafana_foundation_sdk.models import units

from locust_push.documents.grafana import COMPARE
from monitoring.grafana.generate import frame, moments, variables
from monitoring.grafana.generate.parts import THIRD, Column, Line, chart, coloured, grid
from monitoring.grafana.generate.promql import last_ever
from monitoring.grafana.generate.run import Results, Run
from monitoring.grafana.generate.run_table import what_is_known, what_it_is

CANDIDATE = Run("$candidate")
BASELINE = Run("$baseline", " offset ${offset}ms")
NAMED = 'name=~"$name"'

_NOTABLE = 10
"""Percent, or percentage points, from which on a difference is coloured."""

_RECENT = "Of all requests of the last 10 seconds, from the merged histograms of all generators."
_CHOSEN = "Of the requests that are chosen at the top, together."

_COLOURS = {".*baseline": "blue", ".*candidate": "orange"}


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    own = (
        variables.run("candidate", "Candidate"),
        variables.run("baseline", "Baseline", 'run_id!="$candidate"'),
        variables.offset(),
        variables.of_run("name", "Request", "locust_requests_total", "$candidate"),
    )
    about = "Two runs, each from its start: the baseline is moved onto the candidate."
    builder = frame.dashboard(COMPARE, "Locust: compare runs", about, *own, since="now-1h")
    builder.annotations(
        [
            *moments.of_run(CANDIDATE, "Candidate"),
            *moments.of_run(BASELINE, "Baseline", "${offset}"),
        ]
    )
    frame.row(builder, "Runs", [_runs()])
    frame.row(builder, "All requests", _of_all())
    frame.row(builder, "Differences of whole runs, by request", [_differences()])
    frame.row(builder, "Chosen requests", _of_chosen())
    return builder


def _runs() -> table.Panel:
    both = 'run_id=~"$candidate|$baseline"'
    columns = (*what_it_is(last_ever, both), *what_is_known(last_ever, both))
    return grid("", *columns, height=5, about="A run's ID leads to its time range: choose the candidate's.")


def _overlay(title: str, unit: str, query: Callable[[Run], str], about: str) -> timeseries.Panel:
    lines = [Line(query(BASELINE), "baseline"), Line(query(CANDIDATE), "candidate")]
    return coloured(chart(title, unit, *lines, width=THIRD, about=about), _COLOURS)


def _of_all() -> list[timeseries.Panel]:
    return [
        _overlay("Request rate", units.RequestsPerSecond, lambda run: run.requests(""), "Over all generators."),
        _overlay(
            "Error rate",
            units.Percent,
            lambda run: f"max({run.gauge('locust_error_rate_percent')})",
            "Failed requests of the last 10 seconds.",
        ),
        _overlay(
            "Users",
            units.Short,
            lambda run: f"max({run.gauge('locust_current_users')})",
            "Running users: unlike curves make unlike runs.",
        ),
        _overlay("p50", units.Seconds, lambda run: run.percentile("50"), _RECENT),
        _overlay("p95", units.Seconds, lambda run: run.percentile("95"), _RECENT),
        _overlay("p99", units.Seconds, lambda run: run.percentile("99"), _RECENT),
        _overlay(
            "Received",
            units.BytesPerSecondSI,
            lambda run: run.rate_by("", "locust_response_bytes_total"),
            "Bytes of response bodies.",
        ),
        _overlay(
            "CPU, busiest process",
            units.Percent,
            lambda run: f"max({run.gauge('locust_process_cpu_percent')})",
            "100 % is one core; from 90 % on the process itself is measured.",
        ),
        _overlay(
            "Memory of all processes",
            units.BytesIEC,
            lambda run: f"sum({run.gauge('locust_process_resident_memory_bytes')})",
            "Resident memory of all load generators together.",
        ),
    ]


def _of_chosen() -> list[timeseries.Panel]:
    return [
        _overlay("Request rate of the chosen", units.RequestsPerSecond, lambda run: run.requests("", NAMED), _CHOSEN),
        _overlay("Error rate of the chosen", units.Percent, lambda run: run.error_percent("", NAMED), _CHOSEN),
        _overlay("p95 of the chosen", units.Seconds, lambda run: run.quantile(0.95, "", NAMED), _CHOSEN),
    ]


def _differences() -> table.Panel:
    before, after = (Results(run, per_request=True) for run in (Run(BASELINE.run_id), CANDIDATE))
    return grid(
        "",
        Column("Method", label="method"),
        Column("Request", label="name", properties={"custom.minWidth": 200}),
        Column("Requests base", before.requests(), unit=units.NoUnit),
        Column("Requests cand.", after.requests(), unit=units.NoUnit),
        _change("Rate", _relative(before.rate(), after.rate()), better="more"),
        *_pair("Errors", units.Percent, before.error_percent(), after.error_percent(), relative=False),
        _change("p50", _relative(before.quantile(0.5), after.quantile(0.5))),
        *_pair("p95", units.Seconds, before.quantile(0.95), after.quantile(0.95)),
        *_pair("p99", units.Seconds, before.quantile(0.99), after.quantile(0.99)),
        height=10,
        about="Their difference is in percent of the baseline; that of error rates in percentage points.",
    )


def _pair(title: str, unit: str, before: str, after: str, *, relative: bool = True) -> Iterator[Column]:
    """Return the columns of both values and of their difference."""
    yield Column(f"{title} base", before, unit=unit)
    yield Column(f"{title} cand.", after, unit=unit)
    yield _change(title, _relative(before, after) if relative else f"({after}) - ({before})")


def _relative(before: str, after: str) -> str:
    """Return the difference in percent of the first."""
    return f"100 * (({after}) - ({before})) / ({before})"


def _change(title: str, expr: str, *, better: str = "less") -> Column:
    """Return the column of a difference, in green or red from `_NOTABLE` percent on."""
    low, high = ("green", "red") if better == "less" else ("red", "green")
    steps = [(None, low), (-_NOTABLE, "text"), (_NOTABLE, high)]
    thresholds = {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in steps]}
    looks = {"custom.cellOptions": {"type": "color-text"}, "thresholds": thresholds, "decimals": 1}
    return Column(f"{title} change", expr, unit=units.Percent, properties=looks)
