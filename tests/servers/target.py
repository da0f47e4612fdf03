"""The system under test: tests/target.py as a process, and its own counts."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.servers import web
from tests.servers.base import Server

SCRIPT = Path(__file__).resolve().parent.parent / "target.py"


class Target(Server):
    """A service to test that counts the requests that it served, independently of the load generator."""

    name = "target"
    program = SCRIPT.name
    ready_path = "/_counts"

    def executable(self) -> Path:
        """Return the script, which is always available."""
        return SCRIPT

    def command(self) -> list[str]:
        """Return the command line."""
        return [sys.executable, str(SCRIPT), "--port", str(self.port)]

    def counts(self) -> Counter[tuple[str, str, int]]:
        """Return how often each (method, path, status) was served."""
        served = self._report()["served"]
        return Counter({(row["method"], row["path"], row["status"]): row["count"] for row in served})

    def total(self) -> int:
        """Return how many requests were served."""
        return self.counts().total()

    def failures(self) -> int:
        """Return how many requests were answered with a 4xx or 5xx."""
        return sum(count for (_, _, status), count in self.counts().items() if status >= 400)

    def abandoned(self) -> int:
        """Return how many requests were not answered because the client had disconnected."""
        return int(self._report()["abandoned"])

    def reset(self) -> None:
        """Start counting from 0 again."""
        web.request("POST", f"{self.url}/_reset", b"")

    def _report(self) -> Any:
        return json.loads(self.get("/_counts"))
