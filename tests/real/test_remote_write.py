"""Versions of remote-write with real receivers: which ones they support, and what they store."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from locust_push.cli.main import main
from locust_push.core import metrics
from locust_push.wire.payload import Payload
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.query import QueryableServer
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics
from tests.unit.delivery.server import ScriptedServer, serving
from tests.unit.wire.messages import series_v2

V1_ONLY = "--web.remote-write-receiver.accepted-protobuf-messages=prometheus.WriteRequest"
V2_ONLY = "--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request"
FALLBACK = re.compile(r"does not support remote-write 2\.0 \(.*\); using 1\.0 from now on")


def run(folder: Path, target: Target, url: str, run_id: str, *arguments: str) -> str:
    """Run Locust for some hundred requests; return its output."""
    with LocustProcess(
        folder, *HEADLESS, "-u", "4", "-r", "4", "-H", target.url, "--push-url", url, "--push-run-id", run_id,
        "--push-interval", "500ms", *arguments,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 300) == 0, locust.output
    return locust.output


def test_prometheus_3_stores_2_0_to_the_request(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """A Prometheus that accepts only 2.0 has the target's counts, so that nothing was sent as 1.0."""
    store = start_server(Prometheus, version=3, flags=[V2_ONLY])
    output = run(tmp_path, target, store.write_url, "v2")
    assert Counts.stored(store, "v2") == Counts.served(target), output
    assert not FALLBACK.search(output)
    assert "nothing lost" in output


@pytest.mark.parametrize("name", ["prometheus2", "victoria_metrics"])
def test_receivers_of_1_0_get_1_0(name: str, request: pytest.FixtureRequest, target: Target, tmp_path: Path) -> None:
    """Receivers that answer 204 to 2.0 and store nothing get 1.0, have the whole run, and one line says why."""
    store: QueryableServer = request.getfixturevalue(name)
    output = run(tmp_path, target, store.write_url, f"fallback-{name}")
    assert Counts.stored(store, f"fallback-{name}") == Counts.served(target), output
    assert len(FALLBACK.findall(output)) == 1
    assert "nothing lost" in output


def test_a_prometheus_3_of_1_0_alone_holds_the_run(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """A receiver that answers 415 to 2.0 and stores the request nevertheless loses nothing."""
    store = start_server(Prometheus, version=3, flags=[V1_ONLY])
    output = run(tmp_path, target, store.write_url, "v1-alone")
    assert Counts.stored(store, "v1-alone") == Counts.served(target), output
    (line,) = FALLBACK.findall(output)
    assert "io.prometheus.write.v2.Request protobuf message is not accepted" in line
    assert "nothing lost" in output


@pytest.mark.parametrize("protocol", ["remote-write-1", "remote-write-2"])
def test_a_version_can_be_fixed(protocol: str, prometheus3: Prometheus, target: Target, tmp_path: Path) -> None:
    """Prometheus 3 has the same data with either version."""
    output = run(tmp_path, target, prometheus3.write_url, protocol, "--push-protocol", protocol)
    assert Counts.stored(prometheus3, protocol) == Counts.served(target), output
    assert not FALLBACK.search(output)


def test_2_0_without_a_fallback_is_refused_by_prometheus_2(
    prometheus2: Prometheus, target: Target, tmp_path: Path
) -> None:
    """With a fixed unsupported version nothing is stored; a replay with version detection delivers the data."""
    flush = ("--push-protocol", "remote-write-2", "--push-flush-timeout", "1s")
    output = run(tmp_path, target, prometheus2.write_url, "fixed", *flush)
    assert prometheus2.value('count({run_id="fixed"})') is None
    assert "without a report of what was written" in output
    assert re.search(r"nothing lost; [\d,]+ samples are undelivered", output), output
    replayed = CliRunner().invoke(main, ["replay", str(tmp_path / ".locust-push"), "--push-url", prometheus2.write_url])
    assert replayed.exit_code == 0, replayed.output
    assert Counts.stored(prometheus2, "fixed") == Counts.served(target)


def test_metadata_goes_with_2_0(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """Prometheus 3 keeps type, help and unit with the series, and forwards them.

    Its /api/v1/metadata lists scraped targets only.
    """
    with serving() as downstream:
        config = tmp_path / "forward.yml"
        forward = {"url": downstream.url, "protobuf_message": "io.prometheus.write.v2.Request"}
        config.write_text(json.dumps({"remote_write": [forward]}))
        flags = ["--enable-feature=metadata-wal-records"]
        store = start_server(Prometheus, version=3, config_file=config, flags=flags)
        run(tmp_path, target, store.write_url, "kept")
        eventually(lambda: "locust_run_requests" in metadata_of(downstream), within=40)
    found = metadata_of(downstream)
    for metric, number in ((metrics.REQUESTS, 1), (metrics.RUN_REQUESTS, 2), (metrics.RESPONSE_BYTES, 1)):
        assert found[metric.name] == (number, metric.help, metric.unit)


def metadata_of(server: ScriptedServer) -> dict[str, tuple[int, str, str] | None]:
    """Return the forwarded metadata, by name of the series."""
    payloads = [Payload(request.body, 0, 0) for request in server.requests]
    return {one.name: one.metadata for one in series_v2(payloads)}


def test_metadata_goes_with_1_0(victoria_metrics: VictoriaMetrics, target: Target, tmp_path: Path) -> None:
    """VictoriaMetrics has type, help and unit of the metrics of a run, including those at its end."""
    run(tmp_path, target, victoria_metrics.write_url, "described")
    known = victoria_metrics.api("metadata")
    for metric in (metrics.REQUESTS, metrics.REQUEST_DURATION, metrics.RUN_REQUESTS):
        (found,) = known[metric.name]
        assert (found["type"], found["help"], found.get("unit", "")) == (metric.type, metric.help, metric.unit)


@pytest.mark.parametrize(
    "flags", [(), ("--enable-feature=created-timestamp-zero-ingestion",)], ids=["default", "zero-ingestion"]
)
def test_start_timestamps_add_no_samples(
    flags: tuple[str, ...], start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """Counters have one 0, an interval before the first value, with and without start timestamps."""
    store = start_server(Prometheus, version=3, flags=flags)
    run(tmp_path, target, store.write_url, "starts")
    now = time.time()
    for points in store.api("query", query='locust_requests_total{run_id="starts"}[5m]', time=now)["result"]:
        times, values = zip(*((float(at), float(value)) for at, value in points["values"]), strict=True)
        assert values[0] == 0
        assert 0.2 < times[1] - times[0] < 1.6
        assert list(values) == sorted(values)
        assert times[0] > now - 60
    assert store.value('sum(increase(locust_requests_total{run_id="starts"}[5m]))')
