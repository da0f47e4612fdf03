"""The Pushgateway."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.servers import web
from tests.servers.base import Server
from tests.servers.poll import eventually


class Pushgateway(Server):
    """A Pushgateway that keeps its metrics in memory, so a restart empties it."""

    name = "pushgateway"
    program = "prometheus-pushgateway"

    def command(self) -> list[str]:
        """Return the command line."""
        return [str(self.executable()), f"--web.listen-address={self.address}", "--web.enable-admin-api"]

    def exposition(self) -> str:
        """Return the exposition that a Prometheus would scrape."""
        return self.get("/metrics")

    def groups(self) -> list[dict[str, Any]]:
        """Return its groups: `labels`, `last_push_successful` and the metrics by name."""
        found: list[dict[str, Any]] = json.loads(self.get("/api/v1/metrics"))["data"]
        return found

    def push(self, grouping: Mapping[str, str], exposition: str) -> web.Answer:
        """Replace the metrics of a group, whose first label must be `job`, by `exposition`."""
        path = "".join(f"/{key}/{value}" for key, value in grouping.items())
        return web.request("PUT", f"{self.url}/metrics{path}", exposition.encode())

    def wipe(self) -> None:
        """Delete every group, and wait until it is done, since the Pushgateway only queues that."""
        web.request("PUT", f"{self.url}/api/v1/admin/wipe")
        eventually(lambda: not self.groups())
