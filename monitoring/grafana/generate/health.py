"""Charts of what pushes: the agents of a run, and the processes and machines they are in."""

from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.models import units

from monitoring.grafana.generate.parts import THIRD, Line, chart, stacked
from monitoring.grafana.generate.run import Run

RUN = Run()
OF_INSTANCE = 'instance=~"$instance"'
OF_NODE = 'instance=~"$node"'

LOST = 'outcome!="delivered"'


def processes(*matchers: str) -> list[Panel]:
    """Return CPU and memory of the load generators' processes."""
    return [
        chart(
            "CPU of Locust's processes",
            units.Percent,
            Line(RUN.gauge("locust_process_cpu_percent", *matchers), "{{instance}}"),
            width=THIRD,
            about="100 % is one core, and all that a process can use: from 90 % on it is the process that is measured.",
        ),
        chart(
            "Memory of Locust's processes",
            units.BytesIEC,
            Line(RUN.gauge("locust_process_resident_memory_bytes", *matchers), "{{instance}}"),
            width=THIRD,
            about="Resident memory of each process. Steady growth is a leak, usually of the locustfile.",
        ),
        chart(
            "Users per process",
            units.Short,
            Line(f"sum by (instance) ({RUN.gauge('locust_process_users', *matchers)})", "{{instance}}"),
            width=THIRD,
            about="Users that each process runs; Locust spreads them evenly over workers.",
        ),
    ]


def machines() -> list[Panel]:
    """Return system resources of the machines that generate the load, by their node_exporters."""
    idle = f'rate(node_cpu_seconds_total{{{OF_NODE},mode="idle"}}[$__rate_interval])'
    available, total = (f"node_memory_{part}_bytes{{{OF_NODE}}}" for part in ("MemAvailable", "MemTotal"))
    devices = f'{OF_NODE},device!~"lo|veth.*|docker.*|br-.*"'
    traffic = [
        Line(f"sum by (instance) (rate(node_network_{way}_bytes_total{{{devices}}}[$__rate_interval]))", legend)
        for way, legend in (("receive", "{{instance}} in"), ("transmit", "{{instance}} out"))
    ]
    return [
        chart(
            "CPU of the machines",
            units.Percent,
            Line(f"100 * (1 - avg by (instance) ({idle}))", "{{instance}}"),
            width=THIRD,
            maximum=100,
            about="Of all cores, by node_exporter. Near 100 % response times include waiting for the load generator.",
        ),
        chart(
            "Memory used of the machines",
            units.Percent,
            Line(f"100 * (1 - {available} / {total})", "{{instance}}"),
            width=THIRD,
            maximum=100,
            about="Share of memory that is not available to new processes, by node_exporter.",
        ),
        chart(
            "Network of the machines",
            units.BytesPerSecondSI,
            *traffic,
            width=THIRD,
            about="Received and sent, without loopback and container interfaces, by node_exporter.",
        ),
    ]


def deliveries(*matchers: str) -> list[Panel]:
    """Return the panels about the results of pushes."""
    return [
        chart(
            "Push requests",
            units.RequestsPerSecond,
            Line(RUN.rate_by("outcome", "locust_push_requests_total", *matchers), "{{outcome}}"),
            Line(RUN.rate_by("", "locust_push_retries_total", *matchers), "tried again"),
            width=THIRD,
            about="Requests to receivers by outcome, and attempts beyond the first one.",
        ),
        stacked(
            chart(
                "Samples lost or spooled",
                units.Short,
                Line(f"sum by (outcome) ({RUN.gauge('locust_push_samples_total', LOST, *matchers)})", "{{outcome}}"),
                width=THIRD,
                about="Since the start of the run. Spooled samples are kept on disk for `locust-push replay`.",
            )
        ),
        chart(
            "Undelivered, in memory",
            units.BytesIEC,
            Line(f"sum by (instance) ({RUN.gauge('locust_push_queue_bytes', *matchers)})", "{{instance}}"),
            width=THIRD,
            about="What waits to be delivered: it grows while a receiver does not answer.",
        ),
    ]
