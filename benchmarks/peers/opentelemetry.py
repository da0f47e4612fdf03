"""The OpenTelemetry SDK with its Prometheus remote-write exporter."""

from typing import Any

from opentelemetry.exporter.prometheus_remote_write import PrometheusRemoteWriteMetricsExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader

from benchmarks.peers import BUCKETS, status

_NEVER = float("inf")
"""The reader exports on request, not by its own clock."""


class OpenTelemetry:
    """A histogram and a counter of the SDK."""

    def __init__(self, url: str = "") -> None:
        """Write to the receiver at ``url``; without one, stop before the network."""
        exporter = PrometheusRemoteWriteMetricsExporter(url) if url else Unsent("http://unused.invalid")
        self._provider = MeterProvider([PeriodicExportingMetricReader(exporter, export_interval_millis=_NEVER)])
        meter = self._provider.get_meter("locust")
        self._durations = meter.create_histogram(
            "locust_request_duration", "s", explicit_bucket_boundaries_advisory=BUCKETS
        )
        self._bytes = meter.create_counter("locust_response", "bytes")

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float,
        response_length: int,
        exception: object = None,
        **_: object,
    ) -> None:
        """Record."""
        endpoint = {"method": request_type, "name": name}
        self._durations.record(response_time / 1000, {**endpoint, "status": status(exception)})
        self._bytes.add(response_length, endpoint)

    def encode(self) -> None:
        """Collect, translate, encode, compress."""
        self._provider.force_flush()

    push = encode


class Unsent(PrometheusRemoteWriteMetricsExporter):  # type: ignore[misc]  # installed for benchmarks only
    """An exporter that stops before the network."""

    def _send_message(self, message: bytes, headers: dict[str, str]) -> Any:  # noqa: ARG002  # the exporter's
        return MetricExportResult.SUCCESS
