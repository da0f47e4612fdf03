"""VictoriaMetrics, a single node."""

from __future__ import annotations

from typing import Any

from tests.servers.query import QueryableServer


class VictoriaMetrics(QueryableServer):
    """VictoriaMetrics, used like Prometheus: written data can be read immediately."""

    name = "victoria-metrics"
    program = "victoria-metrics"
    ready_path = "/health"

    def command(self) -> list[str]:
        """Return the command line."""
        return [
            str(self.executable()),
            f"-httpListenAddr={self.address}",
            f"-storageDataPath={self.folder / 'data'}",
            # Tests replay runs of long ago; by default what is older than a month is refused.
            "-retentionPeriod=100y",
            # By default queries look no closer than 30 s at the present.
            "-search.latencyOffset=0s",
            "-search.disableCache",
            # By default it takes most of the machine for caches.
            "-memory.allowedBytes=256MiB",
            "-loggerLevel=INFO",
        ]

    def api(self, path: str, **parameters: object) -> Any:
        """Query as with Prometheus, including all data written so far."""
        self.flush()
        return super().api(path, **parameters)

    def flush(self) -> None:
        """Make fresh samples visible, which by itself takes up to a second."""
        self.get("/internal/force_flush")
