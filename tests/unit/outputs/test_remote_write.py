from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
import snappy

from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import NO_HINTS, Hints
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.outputs.remote_write.sink import HINTS, RemoteWriteSink
from locust_push.outputs.sink import Sink
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.v1 import HEADERS
from locust_push.wire.remote_write.version import Version
from tests.unit.outputs.fakes import (
    USERS,
    FakeTransport,
    payloads,
    snapshot,
)
from tests.unit.wire.messages import payloads_of

URL = "http://host/api/v1/write?db=x"


def sink(transport: FakeTransport) -> Sink:
    return RemoteWriteSink(URL, transport=transport, labels=(("run_id", "R"),), only=Version.V1)


def test_url_is_shown_without_its_query() -> None:
    """The URL for logs and labels contains no secret."""
    assert sink(FakeTransport()).url == "http://host/api/v1/write"


def test_order_matters() -> None:
    """The sink sends every payload, not only the newest."""
    assert not sink(FakeTransport()).newest_only


def test_a_payload_is_posted() -> None:
    """A payload is sent to the given URL, with the headers of remote-write."""
    transport = FakeTransport()
    writer = sink(transport)
    writer.open()
    payload, metadata = payloads(writer)
    assert (payload.samples, metadata.samples) == (3, 0)
    assert writer.attempt(payload) == Delivered()
    assert transport.sent == [("POST", URL, payload.body, dict(HEADERS), HINTS)]


OUT_OF_ORDER = Rejected("http_400", "out of order sample")


@pytest.mark.parametrize(
    "refusal",
    [
        OUT_OF_ORDER,
        Rejected("http_400", "duplicate sample for timestamp 1795297905875; overrides not allowed"),
        Rejected("http_400", "failed pushing to ingester: (err-mimir-sample-out-of-order)"),
        Rejected("http_409", "store locally: out of order sample"),
    ],
)
def test_what_is_there_already_when_it_is_sent_again_was_delivered(refusal: Rejected) -> None:
    """The receiver had stored the request before the connection broke, and refuses the second one."""
    transport = FakeTransport(verdicts=[Retry("connection", "reset by peer"), Retry("http_503", "busy"), refusal])
    writer = sink(transport)
    payload, *_ = payloads(writer)
    assert [writer.attempt(payload) for _ in range(3)][-1] == Delivered(known=True)


def test_samples_out_of_order_at_the_first_attempt_are_a_refusal() -> None:
    """Samples out of order at the first attempt are a refusal: another process writes the series."""
    transport = FakeTransport(verdicts=[Retry("timeout", "no answer"), Delivered(), OUT_OF_ORDER])
    writer = sink(transport)
    first, second = payloads(writer)[0], payloads(writer)[0]
    assert [writer.attempt(payload) for payload in (first, first, second)][-1] == OUT_OF_ORDER


def test_another_refusal_after_a_failure_is_a_refusal() -> None:
    """After a failure, other refusals are not treated as delivered."""
    refusal = Rejected("http_400", "label name is invalid")
    writer = sink(FakeTransport(verdicts=[Retry("timeout", "no answer"), refusal]))
    payload, *_ = payloads(writer)
    assert [writer.attempt(payload) for _ in range(2)][-1] == refusal


def test_the_run_ends_with_stale_markers() -> None:
    """After the last snapshot every series gets one more sample."""
    writer = sink(FakeTransport())
    list(writer.encode(snapshot()))
    (payload,) = payloads_of(writer.end(replace(snapshot(), known=2)))
    request = WriteRequest.FromString(snappy.uncompress(payload.body))
    assert [len(series.samples) for series in request.timeseries] == [1, 1]
    assert all(series.samples[0].timestamp > snapshot().timestamp_ms for series in request.timeseries)


def test_close_closes_connections() -> None:
    """The transport is closed with the sink."""
    transport = FakeTransport()
    sink(transport).close()
    assert transport.closed == 1


def test_hints_name_the_usual_mistakes() -> None:
    """Hints for 404 and 405 name the path, the flag of Prometheus, and the other protocol."""
    assert "--web.enable-remote-write-receiver" in HINTS[404]
    assert "--push-protocol pushgateway" in HINTS[405]


@dataclass
class SmallReceiver(FakeTransport):
    """Refuses requests of more than ``limit`` bytes, as a proxy does; counts them."""

    limit: int = 0
    refused: int = 0

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Accept it, if it is not too large."""
        if len(snappy.uncompress(body)) > self.limit:
            self.refused += 1
            return Rejected("http_413", "too large")
        return super().send(method, url, body, headers, hints)

    def series(self) -> list[str]:
        """Return the label ``number`` of all series that arrived, in order."""
        requests = [WriteRequest.FromString(snappy.uncompress(body)) for _, _, body, _, _ in self.sent]
        return [label.value for r in requests for s in r.timeseries for label in s.labels if label.name == "number"]


def numbered(count: int, timestamp_ms: int = 2000) -> Snapshot:
    series = [Series(USERS, (("number", f"{number:04}"),)) for number in range(count)]
    return Snapshot(timestamp_ms, timestamp_ms - 1000, series, [1.0] * count, known=count)


def deliver(sink: Sink, payloads: list[Payload]) -> dict[str, int]:
    """Attempt payloads and the parts of split ones, in order; return samples by outcome."""
    waiting, samples = deque(payloads), {"delivered": 0, "rejected": 0}
    while waiting:
        payload = waiting.popleft()
        verdict = sink.attempt(payload)
        if isinstance(verdict, Split):
            waiting.extendleft(reversed(verdict.parts))
        else:
            samples["delivered" if verdict == Delivered() else "rejected"] += payload.samples
    return samples


def encoded(sink: Sink, snapshot: Snapshot) -> list[Payload]:
    """Return the requests with samples."""
    return [payload for payload in payloads_of(sink.encode(snapshot)) if payload.samples]


def test_a_request_that_is_too_large_is_halved_until_it_is_taken() -> None:
    """After 413 the halves are sent in order, down to one series if needed, without loss or duplicates."""
    receiver = SmallReceiver(limit=90)
    writer = sink(receiver)
    of = numbered(100)
    assert deliver(writer, encoded(writer, of)) == {"delivered": 100, "rejected": 0}
    assert receiver.series() == [f"{number:04}" for number in range(100)]
    assert len(receiver.sent) == 100


def test_one_series_that_is_too_large_is_refused() -> None:
    """A single series that is too large is refused with the server's own text, if others are accepted."""
    writer = sink(SmallReceiver(limit=90))
    (small,) = encoded(writer, numbered(1))
    assert writer.attempt(small) == Delivered()
    heavy = [Series(USERS, (("number", "9" * 100),))]
    (payload,) = encoded(writer, Snapshot(3000, 2000, [*numbered(1).series, *heavy], [1.0, 1.0], known=1))
    assert deliver(writer, [payload]) == {"delivered": 1, "rejected": 1}


def test_a_receiver_to_which_everything_is_too_large_is_asked_seldom() -> None:
    """Requests are halved down to one series, and paused until the limit is changed."""
    receiver = SmallReceiver(limit=10)
    writer = sink(receiver)
    waiting = deque(encoded(writer, numbered(1000)))
    while isinstance(verdict := writer.attempt(waiting[0]), Split):
        waiting.popleft()
        waiting.extendleft(reversed(verdict.parts))
    assert verdict == Retry("http_413", "too large", needs_fix=True)
    assert receiver.refused <= 11
    receiver.limit = 1_000_000
    assert deliver(writer, list(waiting)) == {"delivered": 1000, "rejected": 0}
    assert len(encoded(writer, numbered(1000, 3000))) == 1


def test_a_receiver_that_begins_to_refuse_everything_loses_one_series() -> None:
    """The first series that is too large is refused; after a second one the receiver is the problem."""
    receiver = SmallReceiver(limit=1_000_000)
    writer = sink(receiver)
    deliver(writer, encoded(writer, numbered(1)))
    receiver.limit = 10
    first, second = (encoded(writer, numbered(1, at))[0] for at in (3000, 4000))
    assert writer.attempt(first) == Rejected("http_413", "too large")
    assert writer.attempt(second) == Retry("http_413", "too large", needs_fix=True)


def test_later_requests_are_small_at_once() -> None:
    """After a refused size, later snapshots and stale markers are sent in smaller requests immediately."""
    receiver = SmallReceiver(limit=2000)
    writer = sink(receiver)
    deliver(writer, encoded(writer, numbered(400)))
    receiver.refused = 0
    receiver.sent.clear()
    assert deliver(writer, encoded(writer, numbered(400, 3000))) == {"delivered": 400, "rejected": 0}
    ended = payloads_of(writer.end(replace(numbered(400, 3000), known=400)))
    assert deliver(writer, ended) == {
        "delivered": 400,
        "rejected": 0,
    }
    assert receiver.refused == 0
    assert receiver.series() == [f"{number:04}" for number in range(400)] * 2


def test_other_refusals_are_not_split() -> None:
    """Only 413 leads to smaller requests, and here the locustfile has no metrics to separate."""

    class Refusing(FakeTransport):
        def send(self, *_: object, **__: object) -> Verdict:
            return Rejected("http_400", "out of order")

    writer = sink(Refusing())
    payload, _ = payloads(writer)
    assert writer.attempt(payload) == Rejected("http_400", "out of order")


def test_metrics_of_the_locustfile_that_are_refused_cost_no_others() -> None:
    """After a 400 our own series are sent again without those of the locustfile, and vice versa."""
    theirs = [Series(Metric(f"orders_{number}", MetricType.GAUGE, "Orders."), ()) for number in range(2)]
    ours = list(snapshot().series)

    @dataclass
    class Particular(FakeTransport):
        def send(
            self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS
        ) -> Verdict:
            request = WriteRequest.FromString(snappy.uncompress(body))
            names = [label.value for one in request.timeseries for label in one.labels if label.name == "__name__"]
            if any(name.startswith("orders") for name in names):
                return Rejected("http_400", "orders are not wanted here")
            return super().send(method, url, body, headers, hints)

    receiver = Particular()
    writer = sink(receiver)
    of = Snapshot(2000, 1000, [ours[0], theirs[0], ours[1], theirs[1]], [1.0, 2.0, 3.0, 4.0], known=4)
    assert deliver(writer, encoded(writer, of)) == {"delivered": 2, "rejected": 2}


def test_what_is_too_old_says_what_to_do() -> None:
    """The receiver's own text is completed with advice."""
    writer = sink(FakeTransport(verdicts=[Rejected("http_400", "out of bounds")]))
    (payload, _) = payloads(writer)
    refused = writer.attempt(payload)
    assert isinstance(refused, Rejected)
    assert refused.detail.startswith("out of bounds (Prometheus accepts data of about the last hour")


def test_a_replay_takes_what_is_there_for_delivered() -> None:
    """A replay treats it as delivered also at the first attempt, since the run may have delivered it."""
    transport = FakeTransport(verdicts=[OUT_OF_ORDER])
    writer = RemoteWriteSink(URL, transport=transport, labels=(), only=Version.V1, replays=True)
    assert writer.attempt(payloads(writer)[0]) == Delivered(known=True)
