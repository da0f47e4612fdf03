"""The doctor's findings for real servers."""

from __future__ import annotations

import re

import pytest

from tests.real.test_cli_replay import locust_push
from tests.servers.fixtures import StartServer
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.victoria_metrics import VictoriaMetrics


@pytest.mark.parametrize(("version", "second"), [(2, "warn"), (3, "ok")])
def test_a_prometheus_is_good(version: int, second: str, start_server: StartServer) -> None:
    """Version 3 supports remote-write 2.0, version 2 answers 204 and stores nothing of it; one series remains."""
    store = start_server(Prometheus, version=version)
    done = locust_push("doctor", store.write_url)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = dict(line.split(maxsplit=2)[1:] for line in done.stdout.splitlines() if line.startswith("remote-write "))
    assert rows["1.0"].startswith("ok")
    assert re.search(rf"^server +ok +Prometheus {version}\.", done.stdout, re.MULTILINE)
    assert rows["2.0"].startswith(second)
    assert store.series('{job=~".+"}') == [{"__name__": "locust_push_doctor_probe", "job": "locust-push-doctor"}]
    assert store.query("locust_push_doctor_probe") == []


def test_a_victoria_metrics_is_good(start_server: StartServer) -> None:
    """VictoriaMetrics is recognized, and supports remote-write 1.0."""
    done = locust_push("doctor", start_server(VictoriaMetrics).write_url)
    assert done.returncode == 0
    assert re.search(r"^server +ok +VictoriaMetrics$", done.stdout.replace(" \n", "\n"), re.MULTILINE)


def test_a_pushgateway_is_good_and_clean_again(start_server: StartServer) -> None:
    """On a Pushgateway no group remains."""
    gateway = start_server(Pushgateway)
    assert locust_push("doctor", gateway.url).returncode == 0
    assert gateway.groups() == []


def test_mistaken_urls_are_mended(start_server: StartServer) -> None:
    """For a Prometheus without its path and a Pushgateway with one, the right URL is suggested."""
    store, gateway = start_server(Prometheus, version=3), start_server(Pushgateway)
    for url, push_to in ((store.url, f"{store.url}/api/v1/write"), (f"{gateway.url}/api/v1/write", gateway.url)):
        done = locust_push("doctor", url)
        assert done.returncode == 1
        assert f"server: push to {push_to}" in done.stdout
