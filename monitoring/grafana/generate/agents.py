"""Agents: how the pushing itself fares, process by process."""

from grafana_foundation_sdk.builders import dashboard, stat, timeseries
from grafana_foundation_sdk.models import units

from locust_push.documents.grafana import AGENTS
from monitoring.grafana.generate import frame, health, moments, variables
from monitoring.grafana.generate.health import OF_INSTANCE
from monitoring.grafana.generate.parts import THIRD, Line, chart, number, plain_chart
from monitoring.grafana.generate.promql import last
from monitoring.grafana.generate.run import Run

RUN = Run()


def build() -> dashboard.Dashboard:
    """Return the dashboard."""
    instances = variables.of_run("instance", "Process", "locust_push_queue_bytes")
    about = "The agents of a run: what they deliver, keep and lose, and what it costs."
    own = (variables.run(), instances)
    builder = frame.dashboard(AGENTS, "Locust: agents", about, *own, since="now-15m").refresh("5s")
    builder.annotations(moments.of_run(RUN, "Run"))
    frame.row(builder, "Deliveries", [*_totals(), *health.deliveries(OF_INSTANCE), *_timing()])
    frame.row(builder, "Processes", [*health.processes(OF_INSTANCE), *_clocks()])
    return builder


def _totals() -> list[stat.Panel]:
    samples = RUN.series("locust_push_samples_total", OF_INSTANCE, 'outcome="delivered"')
    dropped = RUN.series("locust_push_samples_total", OF_INSTANCE, 'outcome=~"dropped.*"')
    spooled = RUN.series("locust_push_samples_total", OF_INSTANCE, 'outcome="spooled"')
    retries = RUN.series("locust_push_retries_total", OF_INSTANCE)
    overflow = RUN.series("locust_push_overflow_requests_total", OF_INSTANCE)
    agents = f"count(group by (instance) ({last(RUN.series('locust_push_queue_bytes', OF_INSTANCE))}))"
    return [
        number("Agents", units.NoUnit, agents, width=4, about="Processes that push, within the time range."),
        *(
            number(title, units.Short, f"sum({last(series)}) or vector(0)", width=4, about=about)
            for title, series, about in (
                ("Samples delivered", samples, "Samples that receivers have accepted."),
                ("Samples lost", dropped, "Samples that were dropped; `locust-push doctor` helps to find out why."),
                ("Samples spooled", spooled, "Samples kept on disk for `locust-push replay`."),
                ("Retries", retries, "Attempts to send beyond the first one."),
                (
                    "Beyond --push-max-names",
                    overflow,
                    "Requests counted under a common name: there are too many names.",
                ),
            )
        ),
    ]


def _timing() -> list[timeseries.Panel]:
    """Return what a push costs, and how old the last delivered one is."""
    last_success = RUN.gauge("locust_push_last_success_timestamp_seconds", OF_INSTANCE)
    return [
        _mean("Encoding a snapshot, mean", "locust_push_encode_seconds", "Processor time of a push in its process."),
        _mean("One attempt to send, mean", "locust_push_send_seconds", "From connecting to the receiver's answer."),
        chart(
            "Since the last delivery",
            units.Seconds,
            Line(f"time() - max by (instance) ({last_success} > 0)", "{{instance}}"),
            width=THIRD,
            about="Age of the last delivered snapshot: a few push intervals at most while all is well.",
        ),
    ]


def _mean(title: str, metric: str, about: str) -> timeseries.Panel:
    """Return the mean of a summary that has a sum and a count."""
    seconds, times = (RUN.rate_by("instance", metric + suffix, OF_INSTANCE) for suffix in ("_sum", "_count"))
    return chart(title, units.Seconds, Line(f"{seconds} / {times}", "{{instance}}"), width=THIRD, about=about)


def _clocks() -> list[timeseries.Panel]:
    skew = RUN.gauge("locust_process_clock_skew_seconds", OF_INSTANCE)
    panel = plain_chart(
        "Clock skew of workers",
        units.Seconds,
        Line(skew, "{{instance}}"),
        width=THIRD,
        about="How far a worker's clock is ahead of the master's; beyond the push interval graphs do not match.",
    )
    return [panel.axis_centered_zero(axis_centered_zero=True)]
