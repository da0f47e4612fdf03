from __future__ import annotations

import logging
from collections.abc import Sequence
from http.client import HTTPConnection
from threading import Event

import pytest
from prometheus_client.parser import text_string_to_metric_families

from locust_push.bridge.app import Bridge
from locust_push.bridge.outbox import Outbox
from locust_push.bridge.server import MAX_BODY, BridgeServer
from locust_push.config.secrets import SecretText
from locust_push.delivery.retry import Backoff
from locust_push.notify.channel_delivery import ChannelDelivery
from locust_push.notify.message import Message
from tests.servers.poll import eventually
from tests.unit.bridge.webhooks import alert, webhook
from tests.unit.notify.fakes import FakeChannel

NEVER_WAITS = Backoff(lambda: 0.0)


def outbox(channel: FakeChannel, limit: int = 100) -> Outbox:
    return Outbox(ChannelDelivery(channel, NEVER_WAITS, lambda _: None), limit)


def started(*channels: FakeChannel) -> list[Outbox]:
    boxes = [outbox(channel) for channel in channels]
    for box in boxes:
        box.start()
    return boxes


def samples(bridge: Bridge) -> dict[tuple[str, ...], float]:
    """Return the bridge's metrics by name and label values, read by an independent parser."""
    families = text_string_to_metric_families(bridge.get("/metrics").body.decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_alerts_go_to_every_channel() -> None:
    """Alerts are sent to each channel; the sender gets 202 immediately."""
    channels = FakeChannel("a"), FakeChannel("b")
    bridge = Bridge(started(*channels), None, lambda: 0.0)
    assert bridge.post("/alerts", "", webhook(alert())).status == 202
    eventually(lambda: all(channel.taken for channel in channels))
    assert {channel.taken[0].title for channel in channels} == {"FIRING: HighErrorRate (shop)"}


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("Bearer right", 202), ("", 401), ("Bearer wrong", 401), ("right", 401), ("Bearer rïght", 401)],
)
def test_a_token_is_demanded_where_there_is_one(authorization: str, status: int) -> None:
    """Without the right token nothing is sent."""
    box = outbox(FakeChannel())
    bridge = Bridge([box], SecretText("right"), lambda: 0.0)
    assert bridge.post("/alerts", authorization, webhook(alert())).status == status
    assert box.waiting == (status == 202)


def test_what_is_no_webhook_is_the_senders_fault() -> None:
    """Invalid webhooks get 400 with the reason, since Alertmanager must not send them again."""
    answer = Bridge([], None, lambda: 0.0).post("/alerts", "", b"{}")
    assert (answer.status, answer.body) == (400, b"not a webhook of Alertmanager: no list of alerts\n")


def test_a_webhook_that_comes_again_is_told_once() -> None:
    """A repetition from the same cluster is not sent; a reminder a minute later is."""
    now, box = [0.0], outbox(FakeChannel())
    bridge = Bridge([box], None, lambda: now[0])
    for link in ("http://a", "http://a", "http://b"):
        assert bridge.post("/alerts", "", webhook(alert(), externalURL=link)).status == 202
    assert box.waiting == 1
    bridge.post("/alerts", "", webhook(alert(status="resolved", endsAt="2026-01-01T00:10:00Z")))
    assert box.waiting == 2
    now[0] = 60.0
    bridge.post("/alerts", "", webhook(alert()))
    assert box.waiting == 3


def test_a_full_outbox_refuses_for_all() -> None:
    """If a queue is full the answer is 503, Alertmanager retries, and no channel gets a message twice."""
    full, empty = outbox(FakeChannel("full"), limit=1), outbox(FakeChannel("empty"))
    bridge = Bridge([full, empty], None, lambda: 0.0)
    full.put(Message("waits", ""))
    assert bridge.post("/alerts", "", webhook(alert())).status == 503
    assert (full.waiting, empty.waiting) == (1, 0)


def test_unknown_paths_are_told_what_there_is() -> None:
    """Other paths get 404, with the list of paths."""
    bridge = Bridge([], None, lambda: 0.0)
    for answer in (bridge.get("/"), bridge.post("/", "", b"")):
        assert answer.status == 404
        assert b"POST /alerts" in answer.body


def test_health_is_that_of_the_threads() -> None:
    """The health check succeeds only if every channel is working."""
    boxes = started(FakeChannel())
    assert Bridge(boxes, None, lambda: 0.0).get("/healthz").status == 200
    assert (
        Bridge([*boxes, outbox(FakeChannel("dead"))], None, lambda: 0.0).get("/healthz").body == b"not running: dead\n"
    )


def test_metrics_count_webhooks_messages_and_retries() -> None:
    """Webhooks are counted by status, messages by channel and outcome; all series exist from the start."""
    good, bad = FakeChannel("good", refusals=1), FakeChannel("bad", refusals=99)
    bridge = Bridge(started(good, bad), None, lambda: 0.0)
    assert samples(bridge)["locust_push_bridge_messages_total", "good", "sent"] == 0
    bridge.post("/alerts", "", webhook(alert()))
    bridge.post("/alerts", "", b"nonsense")
    eventually(lambda: samples(bridge)["locust_push_bridge_messages_total", "bad", "failed"] == 1)
    eventually(lambda: samples(bridge)["locust_push_bridge_messages_total", "good", "sent"] == 1)
    found = samples(bridge)
    assert found["locust_push_bridge_webhooks_total", "202"] == found["locust_push_bridge_webhooks_total", "400"] == 1
    assert found["locust_push_bridge_retries_total", "good"] == 1
    assert found["locust_push_bridge_waiting_messages", "bad"] == 0


class BrokenChannel(FakeChannel):
    """A channel with a bug."""

    def send(self, message: Message) -> None:
        """Break on the first message."""
        self.attempts += 1
        if self.attempts == 1:
            raise ZeroDivisionError
        self.taken.append(message)


def test_a_fault_costs_one_message_only() -> None:
    """The thread of the channel survives."""
    channel = BrokenChannel()
    (box,) = started(channel)
    box.put(Message("first", ""))
    box.put(Message("second", ""))
    assert [message.title for message in eventually(lambda: channel.taken)] == ["second"]


class SlowChannel(FakeChannel):
    """A channel that blocks until it is released."""

    def __init__(self) -> None:
        super().__init__("slow")
        self.may = Event()

    def send(self, message: Message) -> None:
        """Block, and accept it."""
        self.may.wait(10)
        super().send(message)


def request(server: BridgeServer, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    host, _, port = server.address.partition(":")
    connection = HTTPConnection(host, int(port), timeout=5)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.read()


def serve(channels: Sequence[FakeChannel], stop_seconds: float = 5.0) -> BridgeServer:
    return BridgeServer(
        Bridge([outbox(channel) for channel in channels], None, lambda: 0.0), "127.0.0.1", 0, stop_seconds=stop_seconds
    )


def test_the_server_answers() -> None:
    """Alerts, health and metrics are served over HTTP."""
    with serve([FakeChannel()]) as server:
        assert request(server, "POST", "/alerts", webhook(alert()))[0] == 202
        assert request(server, "GET", "/healthz") == (200, b"ok\n")
        assert b"locust_push_bridge_webhooks_total" in request(server, "GET", "/metrics?x=1")[1]


def test_bodies_are_bounded() -> None:
    """A body that is too long, or of unknown length, is not read."""
    with serve([FakeChannel()]) as server:
        assert request(server, "POST", "/alerts", Content_Length=str(MAX_BODY + 1))[0] == 413
        assert request(server, "POST", "/alerts", Content_Length="many")[0] == 411


def test_the_end_waits_for_what_is_waiting() -> None:
    """An accepted message is sent before the server ends."""
    channel = SlowChannel()
    with serve([channel]) as server:
        request(server, "POST", "/alerts", webhook(alert()))
        request(server, "POST", "/alerts", webhook(alert("resolved")))
        channel.may.set()
    assert [message.title.split(":")[0] for message in channel.taken] == ["FIRING", "RESOLVED"]


def test_the_end_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A hanging channel delays the end by the stop timeout, and is named."""
    channel = SlowChannel()
    with caplog.at_level(logging.WARNING), serve([channel], stop_seconds=0) as server:
        request(server, "POST", "/alerts", webhook(alert()))
    assert caplog.messages == ["locust-push: slow was too slow: some messages were not sent before the end"]
    channel.may.set()
