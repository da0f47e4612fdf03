"""The committed configuration, adapted for a test: only addresses and times differ."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "monitoring"


def read_yaml(path: Path) -> Any:
    """Return the contents of a file."""
    return yaml.safe_load(path.read_text())


def prometheus_configuration(folder: Path, addresses: Mapping[str, str]) -> Path:
    """Write Prometheus's configuration and rules: scraped every second, each alert waits for 2 s.

    ``addresses`` says where what listens on ``name:port`` in the stack is in the test; other targets are left out.
    """
    config = read_yaml(MONITORING / "prometheus/prometheus.yml")
    config["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    jobs = [*config["scrape_configs"], *config["alerting"]["alertmanagers"]]
    for job in jobs:
        job.pop("scrape_interval", None)
        for static in job["static_configs"]:
            static["targets"] = [addresses[target] for target in static["targets"] if target in addresses]
    rules = folder / "rules"
    shutil.copytree(MONITORING / "prometheus/rules", rules)
    for file in rules.iterdir():
        file.write_text(re.sub(r"\n( +)for: \S+", r"\n\1for: 2s", file.read_text()))
    return _write(folder / "prometheus.yml", config)


def alertmanager_configuration(folder: Path, addresses: Mapping[str, str], secrets: Mapping[str, str]) -> Path:
    """Write Alertmanager's configuration: groups are sent after a second; mail without TLS, as the sink has none."""
    config = read_yaml(MONITORING / "alertmanager/alertmanager.yml")
    for name, secret in secrets.items():
        (folder / name).write_text(secret)
    config["global"] |= {"smtp_smarthost": addresses["mail.example.com:587"], "smtp_require_tls": False}
    del config["global"]["smtp_auth_username"], config["global"]["smtp_auth_password_file"]
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "1s"}
    text = json.dumps(config).replace("/run/secrets", str(folder))
    for name, address in addresses.items():
        text = text.replace(name, address)
    shutil.copytree(MONITORING / "alertmanager/templates", folder / "templates")
    return _write(folder / "alertmanager.yml", json.loads(text))


def _write(path: Path, config: Any) -> Path:
    path.write_text(json.dumps(config, indent=2))
    return path
