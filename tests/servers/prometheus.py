"""Prometheus, version 2 or 3."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.servers import web
from tests.servers.locate import find_executable
from tests.servers.query import QueryableServer


class Prometheus(QueryableServer):
    """Prometheus with its remote-write receiver and native histograms switched on.

    Version 2 receives remote-write 1.0 only; version 3 receives 2.0 as well. Either looks at its scrape targets and its
    Alertmanager only 5 s after its start, whatever its configuration.
    """

    program = "prometheus"

    def __init__(
        self,
        folder: Path,
        *,
        version: int = 3,
        scrape_configs: Sequence[Mapping[str, Any]] = (),
        rule_files: Sequence[Path] = (),
        alertmanager: str | None = None,
        interval: str = "1s",
        out_of_order: str | None = None,
        config_file: Path | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        """Prepare a Prometheus that isn't running yet.

        Args:
            folder: for its configuration, data and log.
            version: 2 or 3.
            scrape_configs: as in Prometheus's configuration file.
            rule_files: alerting and recording rules to load.
            alertmanager: host and port of the Alertmanager that alerts go to.
            interval: how often to scrape and to evaluate rules.
            out_of_order: how far in the past samples are taken, such as `1h`.
            config_file: a configuration to use as it is, instead of all of the above.
            flags: added to the command line.
        """
        super().__init__(folder, flags=flags)
        self.version = version
        self.name = f"prometheus{version}"  # scripts/servers has two of them
        self._own_config: dict[str, Any] = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "scrape_configs": list(scrape_configs),
            "rule_files": [str(path.resolve()) for path in rule_files],
        }
        if alertmanager:
            targets = {"static_configs": [{"targets": [alertmanager]}]}
            self._own_config["alerting"] = {"alertmanagers": [targets]}
        if out_of_order:
            self._own_config["storage"] = {"tsdb": {"out_of_order_time_window": out_of_order}}
        self._config_file = config_file

    @property
    def config_file(self) -> Path:
        """The configuration that it reads."""
        return self._config_file or self.folder / "prometheus.yml"

    def executable(self) -> Path:
        """Return the program of the wanted version."""
        return find_executable(self.name, self.program, major=self.version)

    def promtool(self, *arguments: str) -> str:
        """Run the promtool of this version and return what it prints."""
        program = find_executable(self.name, "promtool", major=self.version)
        return subprocess.run([program, *arguments], check=True, text=True, capture_output=True).stdout

    def prepare(self) -> None:
        """Write the configuration: JSON, of which YAML is a superset."""
        if self._config_file is None:
            self.config_file.write_text(json.dumps(self._own_config, indent=2))

    def command(self) -> list[str]:
        """Return the command line."""
        return [
            str(self.executable()),
            f"--config.file={self.config_file.resolve()}",
            f"--web.listen-address={self.address}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            # Tests replay runs of long ago.
            "--storage.tsdb.retention.time=10y",
            # An alert that fires before the Alertmanager is known would be sent again after a minute.
            "--rules.alert.resend-delay=1s",
            "--web.enable-remote-write-receiver",
            "--web.enable-lifecycle",
            "--web.enable-admin-api",
            "--enable-feature=native-histograms",
        ]

    def reload(self) -> None:
        """Make it read its configuration and rules again."""
        self.prepare()
        answer = web.request("POST", f"{self.url}/-/reload", b"")
        if answer.status != 200:
            raise OSError(answer.text)

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are pending or firing now."""
        found: list[dict[str, Any]] = self.api("alerts")["alerts"]
        return found
