"""The Alertmanager."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.servers.base import Server
from tests.servers.locate import find_executable

_NOWHERE = {"route": {"receiver": "nowhere"}, "receivers": [{"name": "nowhere"}]}


class Alertmanager(Server):
    """An Alertmanager by itself, not part of a cluster; without a `config_file` its alerts go nowhere."""

    name = "alertmanager"
    program = "prometheus-alertmanager"

    def __init__(self, folder: Path, *, config_file: Path | None = None, flags: Sequence[str] = ()) -> None:
        """Prepare an Alertmanager that isn't running yet."""
        super().__init__(folder, flags=flags)
        self._config_file = config_file

    @property
    def config_file(self) -> Path:
        """The configuration that it reads."""
        return self._config_file or self.folder / "alertmanager.yml"

    def prepare(self) -> None:
        """Lay the templates where scripts/servers makes it look, and a configuration where none was given."""
        for template in (self.executable().parent.parent / "share/prometheus/alertmanager").glob("*.tmpl"):
            link = self.folder / template.name
            if not link.is_symlink():
                link.symlink_to(template)
        if self._config_file is None:
            self.config_file.write_text(json.dumps(_NOWHERE))

    def command(self) -> list[str]:
        """Return the command line."""
        return [
            str(self.executable()),
            f"--config.file={self.config_file.resolve()}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",
        ]

    def alerts(self) -> list[dict[str, Any]]:
        """Return its alerts, with their labels and status."""
        found: list[dict[str, Any]] = json.loads(self.get("/api/v2/alerts"))
        return found

    def fire(self, *labels: Mapping[str, str]) -> None:
        """Send alerts, as Prometheus does."""
        body = json.dumps([{"labels": dict(one)} for one in labels]).encode()
        headers = {"Content-Type": "application/json"}
        urlopen(Request(f"{self.url}/api/v2/alerts", body, headers), timeout=10).close()

    def amtool(self, *arguments: str) -> str:
        """Run amtool and return what it prints."""
        program = find_executable(self.name, "amtool")
        return subprocess.run([program, *arguments], check=True, text=True, capture_output=True).stdout
