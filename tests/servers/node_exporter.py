"""The node_exporter."""

from __future__ import annotations

from tests.servers.base import Server


class NodeExporter(Server):
    """A node_exporter for this machine."""

    name = "node-exporter"
    program = "prometheus-node-exporter"
    ready_path = "/metrics"

    def command(self) -> list[str]:
        """Return the command line."""
        return [str(self.executable()), f"--web.listen-address={self.address}"]
