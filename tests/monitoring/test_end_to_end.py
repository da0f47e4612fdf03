"""From a failing request to a message on every channel, with real servers and the committed configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.monitoring.bridge import BridgeProcess
from tests.monitoring.configuration import alertmanager_configuration, prometheus_configuration
from tests.monitoring.sinks import DINGTALK, FEISHU, SLACK, ChatServices, HttpSink, MailSink, Received, text_of
from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.servers.alertmanager import Alertmanager
from tests.servers.fixtures import StartServer
from tests.servers.node_exporter import NodeExporter
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target

TOKEN = "a-token-of-this-test"  # noqa: S105  # of nobody else
RUN_ID = "one-in-ten-fails"


@dataclass
class Channels:
    """All receivers of messages."""

    chat: ChatServices
    webhook: HttpSink
    mail: MailSink

    def texts(self) -> dict[str, list[str]]:
        """Return the texts that each channel of the bridge received."""
        return {
            "slack": [_slack(request.json) for request in self.chat.of(SLACK)],
            "dingtalk": [request.json["text"]["content"] for request in self.chat.of(DINGTALK)],
            "feishu": [request.json["content"]["text"] for request in self.chat.of(FEISHU)],
            "webhook": [f"{request.json['title']}\n{request.json['message']}" for request in self.posted("/hook")],
            "mail": [f"{mail['Subject']}\n{text_of(mail)}" for mail in self.mail.received],
        }

    def posted(self, path: str) -> list[Received]:
        """Return the requests to a path of the plain web server."""
        return [request for request in self.webhook.received if request.path == path]

    def all_say(self, *words: str) -> bool:
        """Whether every channel has one message with all these texts."""
        return all(any(all(word in text for word in words) for text in texts) for texts in self.texts().values())


def _slack(body: dict[str, list[dict[str, str]]]) -> str:
    return "\n".join(f"{part['title']}\n{part['text']}" for part in body["attachments"])


@pytest.fixture
def channels(tmp_path: Path) -> Iterator[Channels]:
    with ExitStack() as stack:
        everybody = Channels(ChatServices(tmp_path), HttpSink(), MailSink())
        for sink in (everybody.chat, everybody.webhook, everybody.mail):
            stack.enter_context(sink.running())
        yield everybody


@pytest.fixture
def store(channels: Channels, start_server: StartServer, tmp_path: Path) -> Prometheus:
    """Start the stack of node_exporter, bridge, Alertmanager and Prometheus, configured as in monitoring/."""
    urls = (
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "dingtalk://dingtalktoken0123",
        "feishu://feishu-token-0123",
        f"json://{channels.webhook.address}/hook",
        f"mailto://robot:mail-password@{channels.mail.address}?from=robot@example.com&to=team@example.com&mode=insecure",
    )
    bridge = start_server(BridgeProcess, channels=urls, environ=channels.chat.environ, token=TOKEN)
    folder = tmp_path / "configuration"
    folder.mkdir()
    secrets = {"bridge_token": TOKEN, "slack_webhook_url": f"http://{channels.webhook.address}/alertmanager-slack"}
    addresses = {"bridge:9095": bridge.address, "mail.example.com:587": channels.mail.address}
    alertmanager = start_server(Alertmanager, config_file=alertmanager_configuration(folder, addresses, secrets))
    addresses |= {"alertmanager:9093": alertmanager.address, "node-exporter:9100": start_server(NodeExporter).address}
    return start_server(Prometheus, config_file=prometheus_configuration(folder, addresses))


def test_an_alert_reaches_every_channel_and_so_does_its_end(
    store: Prometheus, channels: Channels, target: Target, tmp_path: Path
) -> None:
    """HighErrorRate fires in a distributed run with 10 % of errors, and all channels get its start and end."""
    push = ("--push-url", store.write_url, "--push-run-id", RUN_ID, "--push-interval", "500ms", "--push-label")
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(), "-u", "10", "-r", "10", "-H", target.url, *push, "service=shop",
        locustfile="one_in_ten_fails.py", command=("-m", "locust_push", "run"),
    ) as locust:  # fmt: skip
        fired = _told(channels, "FIRING: HighErrorRate (shop)", "% of the requests fail", f"run_id {RUN_ID}", "since ")
        assert locust.end_when(fired, within=90) == 0, locust.output
    eventually(_told(channels, "RESOLVED: HighErrorRate (shop)", f"run_id {RUN_ID}", " to "), within=60)
    own = [_slack(request.json) for request in channels.posted("/alertmanager-slack")]
    assert any("[FIRING: 1] HighErrorRate (shop)" in text and f"Run: {RUN_ID}" in text for text in own)
    assert store.query("node_load1") != []
    assert [alert for alert in store.alerts() if alert["labels"]["alertname"] == "HighErrorRate"] == []


def test_a_run_of_seconds_is_spoken_of_when_it_is_over(
    store: Prometheus, channels: Channels, target: Target, tmp_path: Path
) -> None:
    """A run that is too short for the usual alerts fires the one for short runs, on every channel."""
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "10", "-r", "10", "-t", "8s", "-H", target.url, "--push-url", store.write_url,
        "--push-run-id", RUN_ID, "--push-label", "service=shop", locustfile="one_in_ten_fails.py",
        command=("-m", "locust_push", "run"),
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    eventually(_told(channels, "FIRING: ShortRunHighErrorRate (shop)", f"run_id {RUN_ID}"), within=60)


def test_an_alert_silences_only_what_follows_from_it_in_its_own_run(start_server: StartServer, tmp_path: Path) -> None:
    """A machine out of CPU inhibits no run's alerts; a silent run inhibits its throughput alert, not failures."""
    addresses = {"bridge:9095": "127.0.0.1:1", "mail.example.com:587": "127.0.0.1:1"}
    secrets = {"bridge_token": TOKEN, "slack_webhook_url": "http://127.0.0.1:1/"}
    server = start_server(Alertmanager, config_file=alertmanager_configuration(tmp_path, addresses, secrets))
    server.fire(
        {"alertname": "SystemResourceHigh", "severity": "critical", "service": "locust", "instance": "any:9100"},
        {"alertname": "LocustRunSilent", "severity": "critical", "service": "locust", "run_id": "silent"},
        *(
            {"alertname": name, "severity": "warning", "service": "locust", "run_id": run_id}
            for name in ("HighErrorRate", "LowThroughput", "LocustPushesFailing")
            for run_id in ("silent", "other")
        ),
    )

    def inhibited() -> set[tuple[str, str]]:
        """Return name and run of the inhibited alerts."""
        return {
            (alert["labels"]["alertname"], alert["labels"]["run_id"])
            for alert in server.alerts()
            if alert["status"]["inhibitedBy"]
        }

    eventually(lambda: len(server.alerts()) == 8)
    eventually(lambda: inhibited() == {("LowThroughput", "silent"), ("LocustPushesFailing", "silent")})


def _told(channels: Channels, *words: str) -> Callable[[], bool]:
    return lambda: channels.all_say(*words)
