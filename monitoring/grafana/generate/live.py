"""Live run: one run during it, or afterwards."""

from grafana_foundation_sdk.builders import dashboard, heatmap, stat, table, timeseries
from grafana_foundation_sdk.models import units

from locust_push.documents.grafana import LIVE
from monitoring.grafana.generate import frame, health, moments, variables
from monitoring.grafana.generate.parts import Column, Line, chart, coloured, durations, grid, number, stacked
from monitoring.grafana.generate.promql import last_ever
from monitoring.grafana.generate.run import Results, Run
from monitoring.grafana.generate.run_table import what_is_known, what_it_is
from monitoring.grafana.generate.runs import of_run

RUN = Run()
NAMED = 'name=~"$name"'

_MERGED = "From the merged histograms of all generators, over the rate interval."

PERCENTILES = (0.5, 0.95, 0.99)


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    names = variables.of_run("name", "Request", "locust_requests_total")
    own = (variables.run(), names, variables.node())
    builder = frame.dashboard(LIVE, "Locust: live run", "One run.", *own, since="now-15m").refresh("5s")
    builder.annotations(moments.of_run(RUN, "Run"))
    frame.row(builder, "Run", [_what_it_is(), *_totals()])
    frame.row(builder, "Load and response", _over_time())
    frame.row(builder, "By request", [*_by_request(), _results()])
    frame.row(builder, "Load generators", [*health.machines(), *health.processes()])
    frame.row(builder, "Delivery of these figures", health.deliveries())
    return builder


def _what_it_is() -> table.Panel:
    matcher = of_run(RUN.run_id)
    columns = (*what_it_is(last_ever, matcher), *what_is_known(last_ever, matcher))
    return grid("", *columns, height=4, about="The run's ID leads to its time range.")


def _totals() -> list[stat.Panel]:
    results = Results(RUN)
    return [
        number("Requests", units.NoUnit, results.requests(), about="As in Locust's own summary.", decimals=0),
        number("Failures", units.NoUnit, results.failures(), about="As in Locust's own summary.", decimals=0),
        number("Error rate", units.Percent, results.error_percent(), about="Failed requests of all.", decimals=2),
        number("Requests/s, mean", units.RequestsPerSecond, results.rate(), about="From start to end.", decimals=1),
        *(
            number(
                _percentile_name(share), units.Seconds, results.quantile(share), about="Of the whole run, or so far."
            )
            for share in PERCENTILES
        ),
        number(
            "Users, highest",
            units.NoUnit,
            f"max(max_over_time({RUN.series('locust_current_users')}[$__range]))",
            about="Most users at once, within the time range.",
        ),
    ]


def _percentile_name(share: float) -> str:
    return f"p{100 * share:g}"


def _over_time() -> list[timeseries.Panel]:
    percentiles = [(name, RUN.percentile(name)) for name in ("50", "95", "99")]
    return [
        coloured(
            stacked(
                chart(
                    "Request rate",
                    units.RequestsPerSecond,
                    Line(RUN.requests("status"), "{{status}}"),
                    about="Over all generators.",
                )
            ),
            {"success": "green", "failure": "red"},
        ),
        chart(
            "Response time",
            units.Seconds,
            *(Line(expr, f"p{name}") for name, expr in percentiles),
            about="Of all requests of the last 10 seconds, from the merged histograms of all generators.",
        ),
        coloured(
            chart(
                "Error rate",
                units.Percent,
                Line(f"max({RUN.gauge('locust_error_rate_percent')})", "errors"),
                about="Failed requests, in percent of those of the last 10 seconds.",
            ),
            {"errors": "red"},
        ),
        stacked(
            chart(
                "Users",
                units.Short,
                Line(f"max by (user_class) ({RUN.gauge('locust_users')})", "{{user_class}}"),
                about="Running users of each class.",
            )
        ),
    ]


def _by_request() -> list[timeseries.Panel | heatmap.Panel]:
    by, legend = "method, name", "{{method}} {{name}}"
    buckets = RUN.rate_by("le", "locust_request_duration_seconds_bucket", NAMED)
    native = RUN.rate_by("", "locust_request_duration_seconds", NAMED)
    failures = RUN.rate_by("error", "locust_request_failures_total", NAMED)
    sizes = RUN.rate_by(by, "locust_response_bytes_total", NAMED)
    return [
        chart(
            "Request rate by request",
            units.RequestsPerSecond,
            Line(RUN.requests(by, NAMED), legend),
            about="Over all generators.",
        ),
        chart("p95 by request", units.Seconds, Line(RUN.quantile(0.95, by, NAMED), legend), about=_MERGED),
        chart(
            "Error rate by request",
            units.Percent,
            Line(RUN.error_percent(by, NAMED), legend),
            about="Failed requests of each name.",
        ),
        stacked(
            chart(
                "Failures by kind",
                units.RequestsPerSecond,
                Line(failures, "{{error}}"),
                about="Failures per second by exception or status.",
            )
        ),
        durations("Response times", f"{native} or {buckets}", about="Requests per second in each bucket."),
        stacked(chart("Received", units.BytesPerSecondSI, Line(sizes, legend), about="Bytes of response bodies.")),
    ]


def _results() -> table.Panel:
    results = Results(RUN, per_request=True)
    return grid(
        "Results by request",
        Column("Method", label="method"),
        Column("Request", label="name", properties={"custom.minWidth": 240}),
        Column("Requests", results.requests(), unit=units.NoUnit),
        Column("Failures", results.failures(), unit=units.NoUnit),
        Column("Errors", results.error_percent(), unit=units.Percent),
        Column("Rate", results.rate(), unit=units.RequestsPerSecond),
        *(Column(_percentile_name(share), results.quantile(share), unit=units.Seconds) for share in PERCENTILES),
        about="Of the whole run, or so far.",
    )
