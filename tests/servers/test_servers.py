from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import (
    Alertmanager,
    Nginx,
    NodeExporter,
    Prometheus,
    Pushgateway,
    Server,
    ServerError,
    ServerMissingError,
    Target,
    VictoriaMetrics,
    eventually,
    find_executable,
    web,
)
from tests.servers.fixtures import StartServer, start_or_skip
from tests.servers.ports import HOST, is_open

REPOSITORY = Path(__file__).resolve().parents[2]

EVERY_SERVER: dict[str, Callable[[Path], Server]] = {
    "prometheus2": lambda folder: Prometheus(folder, version=2),
    "prometheus3": lambda folder: Prometheus(folder, version=3),
    "victoria-metrics": VictoriaMetrics,
    "pushgateway": Pushgateway,
    "alertmanager": Alertmanager,
    "node-exporter": NodeExporter,
    "nginx": Nginx,
    "target": Target,
}


class Contested(Target):
    """A target whose port is taken by another process right before its first start."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rival: socket.socket | None = None

    def prepare(self) -> None:
        """Take the port, without answering on it."""
        if self.rival is None:
            self.rival = socket.socket()
            self.rival.bind((HOST, self.port))


@pytest.mark.parametrize("name", EVERY_SERVER)
def test_a_server_lives_from_start_to_stop(name: str, tmp_path: Path) -> None:
    """A server answers when it is started, and after its stop neither its process nor its port is left."""
    server = start_or_skip(EVERY_SERVER[name](tmp_path))
    process = server.process

    assert process is not None
    assert server.get(server.ready_path) is not None

    server.stop()
    assert process.returncode is not None
    assert not is_open(server.port)


def test_stopping_twice_is_allowed(start_server: StartServer) -> None:
    """A second stop does nothing."""
    target = start_server(Target)
    target.stop()
    target.stop()

    assert repr(target) == f"<Target 127.0.0.1:{target.port} stopped>"


def test_a_server_that_ignores_the_request_to_end_is_killed(start_server: StartServer) -> None:
    """A server that doesn't end by itself in time is killed."""
    target = start_server(Target)
    process = target.process
    assert process is not None
    # A stopped process takes no notice of SIGTERM.
    subprocess.run(["kill", "-STOP", str(process.pid)], check=True)
    target.stop_seconds = 0.1
    target.stop()

    assert process.returncode == -9


def test_a_server_dies_with_the_test_process(tmp_path: Path) -> None:
    """A server whose test process is killed ends as well."""
    program = (
        "import sys, pathlib\n"
        "from tests.servers import Target\n"
        "print(Target(pathlib.Path(sys.argv[1])).start().port, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert is_open(port)
        process.kill()

    eventually(lambda: not is_open(port))


def test_a_failed_start_shows_the_log(tmp_path: Path) -> None:
    """A server that ends at its start is an error with the server's output."""
    broken = tmp_path / "broken.yml"
    broken.write_text("no_such_setting: 1\n")

    with pytest.raises(ServerError, match=r"(?s)prometheus3 ended with code 2 at its start.*no_such_setting not found"):
        start_or_skip(Prometheus(tmp_path, config_file=broken))


def test_a_server_that_never_gets_ready_is_an_error_and_is_gone(tmp_path: Path) -> None:
    """A server that runs but doesn't answer in time is stopped and reported."""
    target = Target(tmp_path)
    target.ready_path = "/status/503"
    target.start_seconds = 0.5

    with pytest.raises(ServerError, match="target was not ready within"):
        target.start()
    assert not is_open(target.port)


def test_a_port_lost_in_the_race_is_replaced(tmp_path: Path) -> None:
    """A server whose port was taken between the choice and the start is started on another."""
    target = Contested(tmp_path)
    with target:
        assert target.rival is not None
        assert target.port != target.rival.getsockname()[1]
        assert target.total() == 0
        target.rival.close()


def test_a_fixed_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    """If a fixed port is taken, the error says that another process listens on it."""
    target = Target(tmp_path)
    target.stop_seconds = 0.1
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServerError, match=f"cannot have port {port}"):
            target.start(port)


def test_a_missing_server_skips_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the server the test is skipped, with a message on how to install it."""
    monkeypatch.setenv("LOCUST_PUSH_SERVERS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="pushgateway is not installed: run scripts/servers pushgateway"):
        start_or_skip(Pushgateway(tmp_path))


def test_a_missing_server_fails_the_test_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI a missing server is a failure: a suite that skips everything must not pass."""
    monkeypatch.setenv("LOCUST_PUSH_SERVERS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="in CI a missing server is a failure"):
        start_or_skip(Pushgateway(tmp_path))


def test_only_the_right_version_is_taken_from_path(
    prometheus2: Prometheus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Prometheus 2 on PATH is used for version 2 only."""
    (tmp_path / "prometheus").symlink_to(prometheus2.executable())
    monkeypatch.setenv("LOCUST_PUSH_SERVERS", str(tmp_path / "empty"))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_executable("prometheus2", "prometheus", major=2) == tmp_path / "prometheus"
    with pytest.raises(ServerMissingError):
        find_executable("prometheus3", "prometheus", major=3)


@pytest.mark.parametrize("version", [2, 3])
def test_prometheus_keeps_its_data_through_a_restart(version: int, start_server: StartServer) -> None:
    """A restarted Prometheus has the same address and its data."""
    gateway = start_server(Pushgateway)
    gateway.push({"job": "night"}, "stars 7\n")
    scrape = {"job_name": "gateway", "honor_labels": True, "static_configs": [{"targets": [gateway.address]}]}
    prometheus = start_server(Prometheus, version=version, scrape_configs=[scrape], interval="100ms")
    eventually(lambda: prometheus.value('stars{job="night"}') == 7)
    url = prometheus.url
    gateway.stop()

    prometheus.restart()
    assert prometheus.url == url
    assert prometheus.value('last_over_time(stars{job="night"}[5m])') == 7


def test_prometheus_answers_every_kind_of_query(start_server: StartServer) -> None:
    """Instant, scalar, range, series and label queries return the scraped data."""
    # A gateway of its own: the shared one holds what all earlier tests pushed, too much to be scraped within 100 ms.
    pushgateway = start_server(Pushgateway)
    pushgateway.push({"job": "kinds"}, 'stars{sky="north"} 1\nstars{sky="south"} 2\n')
    scrape = {"job_name": "gateway", "honor_labels": True, "static_configs": [{"targets": [pushgateway.address]}]}
    prometheus = start_server(Prometheus, scrape_configs=[scrape], interval="100ms")
    started = time.time()
    eventually(lambda: prometheus.query('stars{job="kinds"}'))

    north, south = sorted(prometheus.query('stars{job="kinds"}'), key=lambda sample: sample.value)
    assert (north.name, north.labels["sky"], north.value) == ("stars", "north", 1)
    assert south.value == 2
    assert prometheus.value("scalar(sum(stars))") == 3
    assert prometheus.value("no_such_metric") is None
    assert {
        value for points in prometheus.query_range("sum(stars)", started, time.time() + 1) for _, value in points.values
    } == {3}
    assert {labels["sky"] for labels in prometheus.series("stars")} == {"north", "south"}
    assert prometheus.label_values("sky", "stars") == ["north", "south"]
    with pytest.raises(ServerError, match="gives 2 series, not one"):
        prometheus.value("stars")
    with pytest.raises(ServerError, match="answered 400"):
        prometheus.query("sum(")


def test_an_alert_goes_from_a_rule_to_the_alertmanager(
    alertmanager: Alertmanager, start_server: StartServer, tmp_path: Path
) -> None:
    """A configured rule fires, and the configured Alertmanager receives the alert."""
    rules = tmp_path / "rules.yml"
    rules.write_text('{"groups": [{"name": "tests", "rules": [{"alert": "Always", "expr": "vector(1)"}]}]}')
    prometheus = start_server(Prometheus, rule_files=[rules], alertmanager=alertmanager.address, interval="100ms")

    eventually(lambda: [alert["labels"]["alertname"] for alert in prometheus.alerts()] == ["Always"])
    eventually(lambda: any(alert["labels"]["alertname"] == "Always" for alert in alertmanager.alerts()))


def test_prometheus_reads_new_rules_on_reload(start_server: StartServer, tmp_path: Path) -> None:
    """A changed rule file is active after a reload."""
    rules = tmp_path / "rules.yml"
    rules.write_text('{"groups": []}')
    prometheus = start_server(Prometheus, rule_files=[rules], interval="100ms")
    rules.write_text('{"groups": [{"name": "tests", "rules": [{"record": "one", "expr": "vector(1)"}]}]}')
    prometheus.reload()

    eventually(lambda: prometheus.value("one") == 1)


def test_promtool_and_amtool_come_with_their_servers(
    prometheus2: Prometheus, prometheus3: Prometheus, alertmanager: Alertmanager
) -> None:
    """Promtool of each version accepts the configuration of its Prometheus, and amtool that of the Alertmanager."""
    for prometheus in (prometheus2, prometheus3):
        assert "SUCCESS" in prometheus.promtool("check", "config", str(prometheus.config_file))
    assert "SUCCESS" in alertmanager.amtool("check-config", str(alertmanager.config_file))


def test_victoria_metrics_shows_a_sample_at_once(victoria_metrics: VictoriaMetrics) -> None:
    """Data written to VictoriaMetrics is in the very next query."""
    url = f"{victoria_metrics.url}/api/v1/import/prometheus"
    answer = web.request("POST", url, b'fresh_stars{job="at-once"} 7\n')

    assert answer.status == 204
    assert victoria_metrics.value('fresh_stars{job="at-once"}') == 7


def test_victoria_metrics_keeps_its_data_through_a_restart(start_server: StartServer) -> None:
    """A restarted VictoriaMetrics has its data."""
    server = start_server(VictoriaMetrics)
    web.request("POST", f"{server.url}/api/v1/import/prometheus", b"stars 7\n")
    server.restart()

    assert server.value("stars") == 7


def test_the_pushgateway_tells_its_groups(start_server: StartServer) -> None:
    """A pushed group is listed with its labels until the Pushgateway is wiped."""
    gateway = start_server(Pushgateway)
    answer = gateway.push({"job": "locust", "run_id": "r1"}, "stars 7\n")

    assert answer.status == 200
    assert [group["labels"] for group in gateway.groups()] == [{"job": "locust", "run_id": "r1"}]
    assert 'stars{instance="",job="locust",run_id="r1"} 7' in gateway.exposition()
    gateway.wipe()
    assert gateway.groups() == []


def test_the_node_exporter_tells_of_this_machine(node_exporter: NodeExporter) -> None:
    """It has the metrics that the dashboards show."""
    exposition = node_exporter.get("/metrics")

    assert "node_cpu_seconds_total" in exposition
    assert "node_memory_MemAvailable_bytes" in exposition


def test_nginx_answers_ok(nginx: Nginx) -> None:
    """Any path returns a tiny answer."""
    assert nginx.get("/any/path?x=1") == "ok\n"


def test_a_timeout_tells_the_last_answer() -> None:
    """If a condition never holds, the error has its last value."""
    with pytest.raises(TimeoutError, match=r"not so within 0.05 s; the last answer was \[\]"):
        eventually(list, within=0.05)


def test_the_servers_in_the_cache_need_no_network(prometheus3: Prometheus) -> None:
    """With everything in the cache scripts/servers only prints versions and paths, quickly and without apt."""
    environment = {**os.environ, "PATH": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, REPOSITORY / "scripts/servers", "prometheus3"],
        check=False,
        text=True,
        capture_output=True,
        env=environment,
    )

    assert done.returncode == 0, done.stderr
    name, version, path = done.stdout.split()
    assert name == "prometheus3"
    assert version.startswith("3.")
    assert path == str(prometheus3.executable())


def test_a_server_that_cannot_be_fetched_is_one_line(tmp_path: Path) -> None:
    """Without a mirror scripts/servers fails with one line: the server, the cause, the fix."""
    environment = {
        **os.environ,
        "LOCUST_PUSH_SERVERS": str(tmp_path / "cache"),
        "LOCUST_PUSH_DEBIAN_MIRROR": f"file:{tmp_path}/no-mirror",
    }
    done = subprocess.run(
        [sys.executable, REPOSITORY / "scripts/servers", "pushgateway"],
        check=False,
        text=True,
        capture_output=True,
        env=environment,
    )

    (line,) = [line for line in done.stderr.splitlines() if line.startswith("scripts/servers:")]
    assert done.returncode == 1
    assert line.startswith("scripts/servers: pushgateway: ")
    assert "no-mirror" in line
    assert line.endswith("then run scripts/servers again")
