"""The committed configuration, checked by the programs that read it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.monitoring.configuration import MONITORING, ROOT, read_yaml
from tests.servers.locate import ServerMissingError, find_executable

RULES = sorted((MONITORING / "prometheus/rules").glob("*.yml"))
RULE_TESTS = Path(__file__).parent / "rules"
ALERTMANAGER = MONITORING / "alertmanager/alertmanager.yml"

SEEDED = {
    "HighErrorRate": ("> 5", "2m", "warning"),
    "HighResponseTime": ("> 2", "5m", "warning"),
    "LowThroughput": ("< 50", "3m", "warning"),
    "SystemResourceHigh": ("> 80", "5m", "critical"),
}
OWN = {"LocustPushesFailing", "LocustRunSilent", "LocustWorkerLost", "LocustGeneratorSaturated"}
SHORT = {"ShortRunHighErrorRate", "ShortRunHighResponseTime", "ShortRunLowThroughput"}


def run(server: str, program: str, *arguments: str | Path, **environ: str) -> str:
    """Run a program; the test fails with its errors, or is skipped if it is not installed."""
    try:
        path = find_executable(server, program)
    except ServerMissingError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error} (in CI a missing server is a failure)", pytrace=False)
        pytest.skip(str(error))
    done = subprocess.run(
        [path, *arguments], check=False, text=True, capture_output=True, cwd=ROOT, env={**os.environ, **environ}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> dict[str, Any]:
    groups = [group for file in RULES for group in read_yaml(file)["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def rule_test_cases() -> list[Any]:
    files = [read_yaml(file) for file in RULE_TESTS.glob("*.yml")]
    return [case for file in files for test in file["tests"] for case in test.get("alert_rule_test", ())]


@pytest.mark.parametrize("version", ["prometheus2", "prometheus3"])
def test_prometheus_takes_configuration_and_rules(version: str) -> None:
    """Both versions of promtool accept the rules."""
    run(version, "promtool", "check", "config", MONITORING / "prometheus/prometheus.yml")
    run(version, "promtool", "check", "rules", *RULES)


@pytest.mark.parametrize("file", sorted(RULE_TESTS.glob("*.yml")), ids=lambda file: str(file.stem))
def test_rules_do_as_they_should(file: Path) -> None:
    """Every alert and recording rule gives the results of its cases."""
    run("prometheus3", "promtool", "test", "rules", file)


@pytest.mark.parametrize("name", sorted(SEEDED))
def test_thresholds_times_and_severities_hold(name: str) -> None:
    """The four well-known alerts keep their thresholds."""
    threshold, time, severity = SEEDED[name]
    rule = alerts()[name]
    assert threshold in rule["expr"]
    assert (rule["for"], rule["labels"]["severity"]) == (time, severity)


def test_every_alert_is_tested_firing_and_not_firing() -> None:
    """Each alert has a case in which it fires, and one in which it does not."""
    cases = rule_test_cases()
    assert set(alerts()) == SEEDED.keys() | OWN | SHORT
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == set(alerts())
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == set(alerts())


def test_every_alert_says_what_and_what_to_do() -> None:
    """Each alert has a summary, a description, and a service to group by."""
    for rule in alerts().values():
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["labels"].keys() == {"severity", "service"}


def test_prometheus_keeps_the_labels_of_who_pushed() -> None:
    """The scrape of the Pushgateway has honor_labels, without which its series would get the gateway's labels."""
    jobs = {job["job_name"]: job for job in read_yaml(MONITORING / "prometheus/prometheus.yml")["scrape_configs"]}
    assert jobs["pushgateway"]["honor_labels"] is True
    assert {"node", "locust-master", "alertmanager", "bridge"} <= jobs.keys()


def test_alertmanager_takes_its_configuration() -> None:
    """Amtool accepts the configuration with its templates."""
    assert "1 templates" in run("alertmanager", "amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("severity=critical", "alertname=SystemResourceHigh"), "critical"),
        (("severity=critical", "run_id=R", "service=shop"), "critical"),
        (("severity=warning", "alertname=HighErrorRate"), "warning"),
        (("alertname=SomebodyElses",), "warning"),
    ],
)
def test_alerts_are_routed_by_severity(labels: tuple[str, ...], receiver: str) -> None:
    """Critical alerts go to the critical receiver, all others to that of warnings."""
    config = f"--config.file={ALERTMANAGER}"
    run("alertmanager", "amtool", "config", "routes", "test", config, f"--verify.receivers={receiver}", *labels)


def test_routes_have_intervals_of_their_own() -> None:
    """Alerts are grouped by name, cluster and service; critical ones are repeated more often."""
    route = read_yaml(ALERTMANAGER)["route"]
    assert route["group_by"] == ["alertname", "cluster", "service"]
    repeats = {child["receiver"]: child["repeat_interval"] for child in route["routes"]}
    assert repeats == {"critical": "30m", "warning": "4h"}


def test_no_secret_is_committed() -> None:
    """Secrets of Alertmanager and of the stack are files below /run/secrets, and .env.example has none."""
    text = ALERTMANAGER.read_text()
    assert "api_url:" not in text
    assert "password:" not in text
    example = (ROOT / ".env.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in example if line and not line.startswith("#"))
    compose = read_yaml(ROOT / "docker-compose.yml")
    assert [values[secret["environment"]] for secret in compose["secrets"].values()] == [""] * 5


@pytest.mark.parametrize("profile", ["", "logs", "logs-light"])
def test_compose_takes_its_configuration(profile: str) -> None:
    """`docker compose config` succeeds, without .env and with the example."""
    for environ in ([], ["--env-file", ".env.example"]):
        run("docker-compose", "docker-compose", *environ, "--profile", profile, "config", "--quiet")


def services() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(ROOT / "docker-compose.yml")["services"]
    return found


def test_the_stack_is_whole() -> None:
    """All services are defined; those of the logs only with their profile."""
    profiles = {name: service.get("profiles", [""]) for name, service in services().items()}
    names = {one: {name for name, has in profiles.items() if has == [one]} for one in ("", "logs", "logs-light")}
    assert names["logs"] == {"elasticsearch", "kibana", "kibana-setup", "filebeat"}
    assert names["logs-light"] == {"victoria-logs", "filebeat-light"}
    assert names[""] == {
        "target", "locust-master", "locust-worker", "prometheus", "pushgateway", "alertmanager", "bridge",
        "node-exporter", "grafana",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(services()))
def test_services_are_pinned_local_and_unprivileged(name: str) -> None:
    """Each service has a version, a memory limit, loopback ports only, no root user, and a health check."""
    service = services()[name]
    image = service["image"]
    assert image == "locust-push:local" or image.rpartition(":")[2][-1].isdigit()
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert image == "locust-push:local" or not service["user"].startswith("0")
    assert re.fullmatch(r"[0-9]+[mg]", service["mem_limit"])
    assert service["cap_drop"] == ["ALL"]
    assert "test" in service["healthcheck"] or name in {"locust-worker", "kibana-setup", "filebeat-light"}


def test_the_image_runs_as_nobody_special() -> None:
    """The last stage of the Dockerfile sets a user, and every base image has a version."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER 10001" in lines
    assert all(":3.13." in line for line in lines if line.startswith("FROM"))


def test_mounted_configuration_is_in_the_repository() -> None:
    """Everything below monitoring/ that compose mounts exists; another test checks Grafana's part."""
    mounts = [volume.partition(":")[0] for service in services().values() for volume in service.get("volumes", ())]
    ours = [mount for mount in mounts if mount.startswith("./monitoring/") and "grafana" not in mount]
    assert ours
    assert [mount for mount in ours if not (ROOT / mount).exists()] == []


def test_filebeat_writes_where_others_read() -> None:
    """Index, template and data view have one name, and Filebeat reads the file that the stack's Locust writes."""
    filebeat = read_yaml(MONITORING / "filebeat/filebeat.yml")
    template = json.loads((MONITORING / "elasticsearch/index-template.json").read_text())
    assert filebeat["output.elasticsearch"]["index"] == "locust-logs-%{+yyyy.MM.dd}"
    assert template["index_patterns"] == [filebeat["setup.template"]["pattern"]] == ["locust-logs-*"]
    written = Path(services()["locust-master"]["environment"]["LOCUST_PUSH_LOG_FILE"])
    assert any(written.match(pattern) for pattern in filebeat["filebeat.inputs"][0]["paths"])


def test_the_light_logs_read_the_same_lines() -> None:
    """Filebeat has the same configuration with another output, which is the address that Grafana reads."""
    heavy, light = services()["filebeat"], services()["filebeat-light"]
    shared = ("/usr/share/filebeat/filebeat.yml:ro", "/var/log/locust:ro")
    for end in shared:
        mounts = [[volume for volume in one["volumes"] if volume.endswith(end)] for one in (heavy, light)]
        assert mounts[0] == mounts[1] != []
    overridden = dict(part.removeprefix("-E=").split("=", 1) for part in light["command"] if part.startswith("-E="))
    (host,) = json.loads(overridden["output.elasticsearch.hosts"])
    sources = read_yaml(MONITORING / "grafana/provisioning/datasources/datasources.yml")["datasources"]
    assert host == f"{next(one['url'] for one in sources if one['name'] == 'VictoriaLogs')}/insert/elasticsearch/"
    assert overridden["output.elasticsearch.parameters._msg_field"] == "message"


def test_a_line_is_indexed_once() -> None:
    """Filebeat identifies files by ID and skips compressed ones; logrotate keeps files that Filebeat still reads."""
    (source,) = read_yaml(MONITORING / "filebeat/filebeat.yml")["filebeat.inputs"]
    assert source["parsers"][0]["ndjson"]["document_id"] == "event.id"
    excluded = source["prospector.scanner.exclude_files"]
    rotated = ("locust.json", "locust.json.1", "locust.json.2.gz")
    assert [name for name in rotated if any(re.search(one, name) for one in excluded)] == ["locust.json.2.gz"]
    rotation = (MONITORING / "logrotate/locust-push").read_text()
    settings = {line.strip() for line in rotation.splitlines() if not line.startswith("#")}
    assert {"nocreate", "compress", "delaycompress"} <= settings
    assert "copytruncate" not in settings


def test_no_field_is_taken_for_a_date() -> None:
    """Texts are indexed as text, numbers as numbers, and long texts are not rejected."""
    template = json.loads((MONITORING / "elasticsearch/index-template.json").read_text())["template"]["mappings"]
    assert template["date_detection"] is False
    rules = {name: rule["mapping"]["type"] for one in template["dynamic_templates"] for name, rule in one.items()}
    assert rules == {"numbers": "double", "texts": "keyword"}
    assert template["properties"]["error"]["properties"]["stack_trace"] == {"type": "text"}
    assert '{"type": "keyword"}' not in json.dumps(template)


def test_saved_searches_lead_to_their_data_view() -> None:
    """Each object that Kibana imports is JSON, and its references are in the file."""
    lines = (MONITORING / "kibana/locust-logs.ndjson").read_text().splitlines()
    objects = {(thing["type"], thing["id"]): thing for thing in map(json.loads, lines)}
    for thing in objects.values():
        assert all((reference["type"], reference["id"]) in objects for reference in thing["references"])
    assert objects["index-pattern", "locust-logs"]["attributes"]["title"] == "locust-logs-*"
    assert ("search", "locust-logs") in objects
