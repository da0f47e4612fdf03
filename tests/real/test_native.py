"""Native histograms of real runs, as real servers store them."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from locust_push.core.native import DEFAULT_SCHEMA
from locust_push.results.sources.archive import Archive
from tests.real.command_lines import HEADLESS, distributed
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.query import QueryableServer
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics

DURATION = "locust_request_duration_seconds"
QUANTILES = (0.1, 0.5, 0.9, 0.95, 0.99)


class PrometheusWithoutNative(Prometheus):
    """Return a Prometheus without the feature flag for native histograms, the default."""

    def command(self) -> list[str]:
        """Return the command line without the flag."""
        return [argument for argument in super().command() if "native-histograms" not in argument]


def bucket_width(schema: int) -> float:
    """Largest error of a quantile that is interpolated within the right bucket, as histogram_quantile does."""
    return math.pow(2.0, 1 / (1 << schema)) - 1


def stored_count(server: QueryableServer, run_id: str) -> float:
    """Return the observations in all native histograms of a run."""
    return server.value(f'histogram_count(sum(last_over_time({DURATION}{{run_id="{run_id}"}}[10m])))') or 0.0


def classic_series(server: QueryableServer, run_id: str) -> float:
    """Return the number of classic duration series of a run."""
    return server.value(f'count(last_over_time({DURATION}_bucket{{run_id="{run_id}"}}[10m]))') or 0.0


def exact_quantile(seconds: list[float], q: float) -> float:
    return sorted(seconds)[max(1, math.ceil(q * len(seconds))) - 1]


@pytest.mark.parametrize(
    ("protocol", "schema"),
    [
        ("remote-write-1", DEFAULT_SCHEMA),
        ("remote-write-2", DEFAULT_SCHEMA),
        ("remote-write-2", 5),
        ("remote-write-1", 0),
    ],
)
def test_quantiles_are_those_of_the_raw_times(
    protocol: str, schema: int, prometheus3: Prometheus, target: Target, tmp_path: Path
) -> None:
    """histogram_quantile of a run is within a bucket's width of the exact times of the locustfile."""
    run_id = f"quantiles-{protocol}-{schema}"
    raw = tmp_path / "times"
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "10", "-r", "10", "-H", target.url,
        "--push-url", prometheus3.write_url, "--push-protocol", protocol, "--push-run-id", run_id,
        "--push-interval", "1s", "--push-histogram", "native", "--push-native-schema", str(schema),
        locustfile="raw_times.py", environ={"RAW_TIMES": str(raw)},
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 400) == 0, locust.output
    seconds = [float(line) / 1000 for line in raw.read_text().split()]
    assert stored_count(prometheus3, run_id) == len(seconds) == target.total(), locust.output
    assert classic_series(prometheus3, run_id) == 0
    for q in QUANTILES:
        stored = prometheus3.value(
            f'histogram_quantile({q}, sum(last_over_time({DURATION}{{run_id="{run_id}"}}[10m])))'
        )
        assert stored == pytest.approx(exact_quantile(seconds, q), rel=bucket_width(schema) * 1.0001)


def test_prometheus_2_stores_them(prometheus2: Prometheus, target: Target, tmp_path: Path) -> None:
    """A Prometheus with remote-write 1.0 only, with its feature flag, has every request as well."""
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "6", "-r", "6", "-H", target.url,
        "--push-url", prometheus2.write_url, "--push-run-id", "native-2.42", "--push-interval", "1s",
        "--push-histogram", "native",
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 200) == 0, locust.output
    # Its last_over_time knows no native histograms, so the samples themselves.
    series = prometheus2.api("query", query=f'{DURATION}{{run_id="native-2.42"}}[10m]')["result"]
    assert sum(int(one["histograms"][-1][1]["count"]) for one in series) == target.total()


@pytest.mark.parametrize("form", ["native", "both"])
def test_a_distributed_run_is_stored_to_the_request(
    form: str, prometheus3: Prometheus, target: Target, tmp_path: Path
) -> None:
    """Native histograms of all workers have every request; classic ones exist if both are set."""
    run_id = f"distributed-{form}"
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(), "-u", "6", "-r", "6", "-H", target.url,
        "--push-url", prometheus3.write_url, "--push-run-id", run_id, "--push-interval", "1s",
        "--push-histogram", form,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 200) == 0, locust.output
    assert stored_count(prometheus3, run_id) == target.total()
    assert bool(classic_series(prometheus3, run_id)) is (form == "both")
    if form == "both":
        assert Counts.stored(prometheus3, run_id) == Counts.served(target)


@pytest.mark.parametrize("protocol", ["remote-write-1", "remote-write-2"])
def test_the_first_request_counts_and_the_series_end(
    protocol: str, prometheus3: Prometheus, target: Target, tmp_path: Path
) -> None:
    """increase() sees the only request of a late name; right after the run no histogram is live."""
    run_id = f"native-late-{protocol}"
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "1", "-H", target.url,
        "--push-url", prometheus3.write_url, "--push-protocol", protocol, "--push-run-id", run_id,
        "--push-interval", "1s", "--push-histogram", "native", locustfile="late_series.py",
    ) as locust:  # fmt: skip
        seen = f'{DURATION}{{run_id="{run_id}",name="/once"}}'
        # A few ticks later, so that increase() has more than the zero and the one to extrapolate from.
        assert locust.end_when(lambda: len(prometheus3.query(f"count_over_time({seen}[1m]) > 3"))) == 0, locust.output
    now = time.time()
    assert prometheus3.value(f"histogram_count(increase({seen}[60s]))", now) == pytest.approx(1, rel=0.5)
    points = prometheus3.query_range(f"histogram_count({seen})", now - 60, now, 0.25)
    assert points[0].values[0][1] == 0
    assert prometheus3.query(f'count({{run_id="{run_id}"}})', now) == []
    assert stored_count(prometheus3, run_id) == target.total()


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("form", ["native", "both"])
def test_a_receiver_without_native_histograms_gets_classic_ones(
    version: int, form: str, start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """A Prometheus without the feature flag is reported in one line with the fix, and has every duration."""
    server = start_server(PrometheusWithoutNative, version=version)
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "6", "-r", "6", "-H", target.url,
        "--push-url", server.write_url, "--push-run-id", "refused", "--push-interval", "1s",
        "--push-histogram", form,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: classic_series(server, "refused") and target.total() > 200) == 0, locust.output
    assert Counts.stored(server, "refused") == Counts.served(target), locust.output
    (line,) = [line for line in locust.output.splitlines() if "--enable-feature=native-histograms" in line]
    assert "--push-histogram classic" in line
    assert "native histograms are disabled" in line
    assert server.query('count({run_id="refused"})', time.time()) == []


def test_victoria_metrics_takes_them_to_pieces(
    victoria_metrics: VictoriaMetrics, target: Target, tmp_path: Path
) -> None:
    """VictoriaMetrics converts them to vmrange buckets, from which it has quantiles; the count stays after the end."""
    raw = tmp_path / "times"
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "10", "-r", "10", "-H", target.url,
        "--push-url", victoria_metrics.write_url, "--push-run-id", "native-vm", "--push-interval", "1s",
        "--push-histogram", "native", locustfile="raw_times.py", environ={"RAW_TIMES": str(raw)},
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 400) == 0, locust.output
    assert Counts.stored(victoria_metrics, "native-vm") == Counts.served(target)
    seconds = [float(line) / 1000 for line in raw.read_text().split()]
    buckets = f'sum by (vmrange) (last_over_time({DURATION}_bucket{{run_id="native-vm"}}[10m]))'
    for q in QUANTILES:
        stored = victoria_metrics.value(f"histogram_quantile({q}, {buckets})")
        assert stored == pytest.approx(exact_quantile(seconds, q), rel=bucket_width(DEFAULT_SCHEMA) * 1.01)


def test_a_pushgateway_hands_both_forms_to_who_scrapes_it(
    start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """A Prometheus that supports native histograms scrapes them, another one classic buckets, from the same gateway."""
    gateway = start_server(Pushgateway)
    scrape = {"job_name": "pushgateway", "honor_labels": True, "static_configs": [{"targets": [gateway.address]}]}
    modern = start_server(Prometheus, version=3, scrape_configs=[scrape])
    plain = start_server(PrometheusWithoutNative, version=3, scrape_configs=[scrape])
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "6", "-r", "6", "-H", target.url,
        "--push-url", gateway.url, "--push-run-id", "gateway-native", "--push-interval", "1s",
        "--push-histogram", "native",
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 200) == 0, locust.output
    eventually(lambda: stored_count(modern, "gateway-native") == target.total(), within=40)
    eventually(lambda: Counts.stored(plain, "gateway-native") == Counts.served(target), within=40)


def test_an_archive_of_a_native_run_is_read_back(target: Target, tmp_path: Path) -> None:
    """Without the master's summary, a run's response times come from the native histograms of its workers."""
    raw = tmp_path / "times"
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "10", "-r", "10", "-H", target.url,
        "--push-url", f"file:{tmp_path / 'archive'}", "--push-run-id", "R", "--push-interval", "1s",
        "--push-histogram", "native", locustfile="raw_times.py", environ={"RAW_TIMES": str(raw)},
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 300) == 0, locust.output
    seconds = [float(line) / 1000 for line in raw.read_text().split()]
    warnings: list[str] = []
    row = Archive(tmp_path / "archive", warnings.append).read("R").aggregated
    assert row.requests == len(seconds)
    assert row.response_times["p95"] == pytest.approx(exact_quantile(seconds, 0.95), rel=0.1)
    assert warnings == []
