"""prometheus_client's metrics, delivered by prometheus-remote-writer.

Its protocol buffers and those of the OpenTelemetry exporter have the same names: only one of them can be in a process.
"""

import time

from prometheus_remote_writer import MetricItem, RemoteWriter

from benchmarks.peers.prometheus import PrometheusClient


class PrometheusRemoteWriter(PrometheusClient):
    """The same registry, delivered by prometheus-remote-writer."""

    def __init__(self, url: str = "") -> None:
        """Write to the receiver at ``url``."""
        super().__init__(url)
        self._writer = RemoteWriter(url or "http://unused.invalid")
        self._encoder = Unsent("http://unused.invalid")

    def encode(self) -> None:
        """Go through all but the network."""
        self._encoder.send(self._samples())

    def push(self) -> None:
        """Write every sample of the registry."""
        self._writer.send(self._samples())

    def _samples(self) -> list[MetricItem]:
        now = int(time.time() * 1000)
        return [
            {"metric": {"__name__": sample.name, **sample.labels}, "values": [sample.value], "timestamps": [now]}
            for family in self.registry.collect()
            for sample in family.samples
        ]


class Unsent(RemoteWriter):  # type: ignore[misc]  # installed for benchmarks only
    """A writer that stops before the network."""

    def _send_message(self, message: bytes) -> None:
        """Drop it."""
