import logging
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import NO_HINTS, Hints, HttpAnswer
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict
from locust_push.outputs.pushgateway.groups import expire_groups, grouping_path
from locust_push.outputs.pushgateway.sink import HINTS, PushgatewaySink, Retention, recorded_exposition
from locust_push.outputs.sink import Sink
from locust_push.wire.exposition.families import content_type, families
from locust_push.wire.exposition.protobuf import ProtobufEncoder
from locust_push.wire.exposition.text import CONTENT_TYPE, TextEncoder
from locust_push.wire.payload import Payload
from tests.unit.outputs.fakes import (
    FakeTransport,
    group,
    left_by,
    listing,
    payloads,
    snapshot,
)
from tests.unit.wire.messages import payloads_of

BASE = "http://gateway:9091"
LIST = ("GET", f"{BASE}/api/v1/metrics")
NOW = 10_000.0


def sink(transport: FakeTransport, url: str = BASE, retention: Retention | None = None) -> Sink:
    path = grouping_path("locust", "R", "host:1")
    return PushgatewaySink(url, path, transport=transport, encoder=TextEncoder(()), retention=retention)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        (("locust", "R1", "host:1"), "/metrics/job/locust/run_id/R1/instance/host%3A1"),
        (("a b", "ü?#%", "x=y&z"), "/metrics/job/a%20b/run_id/%C3%BC%3F%23%25/instance/x%3Dy%26z"),
        (("a/b", "R1", "h"), "/metrics/job@base64/YS9i/run_id/R1/instance/h"),
        (("j", "", "h"), "/metrics/job/j/run_id@base64/=/instance/h"),
        (("j", ".", ".."), "/metrics/job/j/run_id@base64/Lg==/instance@base64/Li4="),
        (("j", "R", "/?>ÿ"), "/metrics/job/j/run_id/R/instance@base64/Lz8-w78="),
    ],
)
def test_grouping_path(values: tuple[str, str, str], path: str) -> None:
    """Values are escaped; those that cannot be a path segment use the base64 form."""
    assert grouping_path(*values) == path


@given(st.text(max_size=20))
def test_grouping_path_can_be_read_back(value: str) -> None:
    """Any value is restored from its path by the rules of the Pushgateway, and the path has its six segments."""
    _, _, name, written, *rest = grouping_path(value, "R", "h").split("/")
    assert rest == ["run_id", "R", "instance", "h"]
    if name == "job@base64":
        assert urlsafe_b64decode("" if written == "=" else written).decode() == value
    else:
        assert (name, unquote(written)) == ("job", value)
        assert written not in {"", ".", ".."}


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (BASE, f"{BASE}/metrics/job/locust/run_id/R/instance/host%3A1"),
        (f"{BASE}/", f"{BASE}/metrics/job/locust/run_id/R/instance/host%3A1"),
        (f"{BASE}/pre/fix/", f"{BASE}/pre/fix/metrics/job/locust/run_id/R/instance/host%3A1"),
        (f"{BASE}/p?token=x", f"{BASE}/p/metrics/job/locust/run_id/R/instance/host%3A1?token=x"),
    ],
)
def test_a_snapshot_replaces_the_group(url: str, target: str) -> None:
    """A PUT of the whole text is sent to the group below the prefix path of the URL."""
    transport = FakeTransport()
    gateway = sink(transport, url)
    (payload,) = payloads(gateway)
    assert gateway.attempt(payload) == Delivered()
    assert transport.sent == [("PUT", target, payload.body, {"Content-Type": CONTENT_TYPE}, HINTS)]


def test_one_payload_per_snapshot() -> None:
    """All series are in one body, counted as samples, with the time of the snapshot."""
    (payload,) = payloads(sink(FakeTransport()))
    assert payload.body == b"".join(TextEncoder(()).encode(snapshot()))
    assert (payload.samples, payload.timestamp_ms) == (2, 2000)


def test_others_run_between_parts() -> None:
    """The encoder lets other greenlets run after each part of a body."""
    steps = list(sink(FakeTransport()).encode(snapshot()))
    assert steps[:-1] == [0.0] * len(list(TextEncoder(()).encode(snapshot())))


def test_close_closes_connections() -> None:
    """The transport is closed with the sink."""
    transport = FakeTransport()
    sink(transport).close()
    assert transport.closed == 1


def test_only_the_newest_counts() -> None:
    """A newer snapshot supersedes an older one."""
    assert sink(FakeTransport()).newest_only


def test_the_final_state_stays() -> None:
    """New values of the last snapshot are sent in a full push; without any nothing follows."""
    last = snapshot()
    assert list(sink(FakeTransport()).end(replace(last, known=len(last.values)))) == []
    assert list(sink(FakeTransport()).end(last)) == list(sink(FakeTransport()).encode(last))


def test_url_is_shown_without_its_query() -> None:
    """The URL for logs and labels contains no secret."""
    assert sink(FakeTransport(), f"{BASE}/p?token=x").url == f"{BASE}/p"


def test_open_deletes_old_groups() -> None:
    """With a retention the groups of old runs are deleted when the sink is opened."""
    old = group(left_by("old"), push_time_seconds="1")
    transport = FakeTransport({LIST: listing(old)})
    sink(transport, retention=Retention("locust", 3600, lambda: NOW)).open()
    assert list(transport.deleted()) == [f"{BASE}/metrics/job/locust/run_id/old/instance/host"]


def test_without_retention_open_asks_nothing() -> None:
    """Without a retention nothing is listed or deleted."""
    transport = FakeTransport()
    sink(transport).open()
    assert transport.asked == []


def expire(*groups: object) -> list[str]:
    """Return the groups that are deleted at second 10,000 with a retention of 1,000 seconds."""
    transport = FakeTransport({LIST: listing(*groups)})
    count = expire_groups(transport, BASE, "locust", 1000, NOW)
    deleted = [url.removeprefix(f"{BASE}/metrics") for url in transport.deleted()]
    assert count == len(deleted)
    return deleted


def test_only_old_groups_of_the_job_are_deleted() -> None:
    """A group is deleted if it is of the job and its last push is older than the retention."""
    assert expire(
        group(left_by("old"), push_time_seconds="8.9e+03"),
        group(left_by("new"), push_time_seconds="9.1e+03"),
        group(left_by("old", job="other"), push_time_seconds="1"),
    ) == ["/job/locust/run_id/old/instance/host"]


def test_groups_that_no_run_has_left_stay() -> None:
    """Other tools use the job "locust" too: our groups have exactly our grouping labels and one of our metrics."""
    assert (
        expire(
            group({"job": "locust"}, push_time_seconds="1"),
            group({"job": "locust", "run_id": "R"}, push_time_seconds="1"),
            group({**left_by("R"), "zone": "eu"}, push_time_seconds="1"),
            group({"run_id": "R", "instance": "h"}, push_time_seconds="1"),
            group(left_by("R"), metric="locust_requests", push_time_seconds="1"),
        )
        == []
    )


def test_a_failed_push_is_a_sign_of_life() -> None:
    """A group with refused pushes is still in use."""
    labels = left_by("R")
    assert expire(group(labels, push_time_seconds="1", push_failure_time_seconds="9.9e+03")) == []
    assert len(expire(group(labels, push_time_seconds="1", push_failure_time_seconds="0"))) == 1


def test_a_group_without_times_is_kept() -> None:
    """A group of unknown age is not deleted."""
    assert expire(group(left_by("R"))) == []


def test_any_grouping_key_can_be_deleted() -> None:
    """Groups are addressed by all their labels, job first, in base64 if needed."""
    labels = {"instance": "a/b", "job": "locust", "run_id": "eu 1"}
    assert expire(group(labels, push_time_seconds="1")) == ["/job/locust/instance@base64/YS9i/run_id/eu%201"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Retry("connection", "Connection refused"), "connection: Connection refused"),
        (HttpAnswer(404, {}, "page not found", complete=True), "http_404: page not found"),
        (HttpAnswer(200, {}, "{", b"{", complete=False), "the answer broke off, or is longer than 16 MiB"),
        (HttpAnswer(200, {}, "", b"<html>", complete=True), "not a Pushgateway's list of groups"),
        (HttpAnswer(200, {}, "", b"[]", complete=True), "not a Pushgateway's list of groups"),
        (HttpAnswer(200, {}, "", b'{"data": [{"labels": null}]}', complete=True), "not a Pushgateway's list of groups"),
        (listing(group(left_by("R"), push_time_seconds="soon")), "not a Pushgateway's list of groups"),
    ],
)
def test_a_listing_that_fails_is_logged(
    answer: HttpAnswer | Retry, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the gateway answers, a failure is one log line and never an exception."""
    transport = FakeTransport({LIST: answer})
    assert expire_groups(transport, BASE, "locust", 1000, NOW) == 0
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(f"{BASE}: could not delete groups of old runs: {words}")


def test_a_delete_that_fails_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The first group that cannot be deleted ends the deletion; earlier ones count."""
    groups = [group(left_by(str(number)), push_time_seconds="1") for number in range(4)]
    refused = ("DELETE", f"{BASE}/metrics/job/locust/run_id/1/instance/host")
    transport = FakeTransport({LIST: listing(*groups), refused: HttpAnswer(403, {}, "read only", complete=True)})
    assert expire_groups(transport, BASE, "locust", 1000, NOW) == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"{BASE}: could not delete groups of old runs: http_403: read only"
    ]


def test_samples_of_a_recorded_text_are_its_lines() -> None:
    """HELP and TYPE lines are not samples."""
    assert recorded_exposition(b'# HELP m M.\n# TYPE m gauge\nm 1\nm{a="b"} 2\n').samples == 2


ORDERS = Metric("orders", MetricType.GAUGE, "Orders.")
BASKET = Metric("basket_euros", MetricType.HISTOGRAM, "Baskets.")
WITH_OTHERS = Snapshot(
    2000,
    1000,
    [
        *snapshot().series,
        Series(ORDERS),
        Series(BASKET, (("le", "+Inf"),), "_bucket"),
        Series(BASKET, (), "_sum"),
        Series(BASKET, (), "_count"),
    ],
    [3.0, 1.0, 7.0, 2.0, 20.0, 2.0],
    known=0,
)


@dataclass
class Inconsistent(FakeTransport):
    """A Pushgateway with other groups, whose metrics have other types; its error may name the metric."""

    taken: frozenset[str] = frozenset()
    names_it: bool = True
    pushed: list[set[str]] = field(default_factory=list)

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Refuse a body with such a metric."""
        assert headers["Content-Type"] == content_type(body)
        names = {one.name for one in families(body)}
        self.pushed.append(names)
        if wrong := sorted(names & self.taken):
            named = f"metric family {wrong[0]} has type GAUGE but should have COUNTER" if self.names_it else "no"
            return Rejected("http_400", f"pushed metrics are invalid or inconsistent with existing metrics: {named}")
        return super().send(method, url, body, headers, hints)


encoders = pytest.mark.parametrize("encoder", [TextEncoder, ProtobufEncoder])


@encoders
@pytest.mark.parametrize("names_it", [True, False])
@pytest.mark.parametrize("taken", [{"orders"}, {"basket_euros"}, {"orders", "basket_euros"}])
def test_a_metric_that_is_refused_costs_itself(
    encoder: type[TextEncoder | ProtobufEncoder], taken: set[str], names_it: bool
) -> None:
    """The run's own metrics are pushed without it from then on, and its samples are counted as lost."""
    gateway = Inconsistent(taken=frozenset(taken), names_it=names_it)
    writer = PushgatewaySink(BASE, "/metrics/job/j", transport=gateway, encoder=encoder(()))
    (payload,) = payloads_of(writer.encode(WITH_OTHERS))
    refused = taken if names_it else {"orders", "basket_euros"}
    written = payload.samples - sum({"orders": 1, "basket_euros": 3}[name] for name in refused)
    for _ in range(2):
        verdict = writer.attempt(payload)
        assert isinstance(verdict, Rejected)
        assert (verdict.reason, verdict.written) == ("http_400", written)
        assert verdict.detail.startswith(f"{', '.join(sorted(refused))} left out: pushed metrics are invalid")
    own = {"locust_requests_total", "locust_users"}
    assert gateway.pushed[-1] == own | ({"orders", "basket_euros"} - refused)
    assert len(gateway.pushed) <= 4


def test_a_refusal_of_our_own_metrics_is_one_of_all() -> None:
    """If our own metrics are refused, nothing is left out."""
    gateway = Inconsistent(taken=frozenset({"locust_users"}), names_it=False)
    writer = PushgatewaySink(BASE, "/metrics/job/j", transport=gateway, encoder=TextEncoder(()))
    (payload,) = payloads_of(writer.encode(WITH_OTHERS))
    verdict = writer.attempt(payload)
    assert isinstance(verdict, Rejected)
    assert (verdict.written, verdict.detail.endswith(": no")) == (0, True)


@encoders
def test_a_recording_is_delivered_in_its_own_format(encoder: type[TextEncoder | ProtobufEncoder]) -> None:
    """A recorded body is sent in its own format, with the right number of samples."""
    body = b"".join(encoder(()).encode(WITH_OTHERS))
    recorded = recorded_exposition(body)
    assert (recorded.samples, recorded.body) == (6, body)
    transport = FakeTransport()
    sink(transport).attempt(recorded)
    assert transport.sent[0][3] == {"Content-Type": encoder.content_type}


@pytest.mark.parametrize("body", [b"", b"\xff\xff", b"\x05abc"])
def test_what_cannot_be_read_is_left_to_the_gateway(body: bytes) -> None:
    """An unreadable body is sent unchanged, and the gateway's verdict counts."""
    assert recorded_exposition(body) == Payload(body, 0, 0)
    refused = Rejected("http_400", "text format parsing error")
    assert sink(FakeTransport(verdicts=[refused])).attempt(Payload(body, 0, 0)) == refused
