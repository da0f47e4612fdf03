import pytest
import snappy

from locust_push.delivery.verdict import Delivered, Rejected, Retry
from locust_push.sinks import Sink
from locust_push.sinks.remote_write import HINTS, RemoteWriteSink
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.remote_write_v1 import HEADERS, RemoteWriteEncoder
from tests.unit.sinks.fakes import FakeTransport, payloads, snapshot

URL = "http://host/api/v1/write?db=x"


def sink(transport: FakeTransport) -> Sink:
    return RemoteWriteSink(URL, transport=transport, encoder=RemoteWriteEncoder((("run_id", "R"),)))


def test_url_is_shown_without_its_query() -> None:
    """Logs and labels get a URL that holds no secret."""
    assert sink(FakeTransport()).url == "http://host/api/v1/write"


def test_order_matters() -> None:
    """Every payload is sent, in order."""
    assert not sink(FakeTransport()).newest_only


def test_a_payload_is_posted() -> None:
    """A payload goes to the URL as it was given, with the headers of remote-write."""
    transport = FakeTransport()
    writer = sink(transport)
    writer.open()
    (payload,) = payloads(writer)
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
    """The receiver had taken the request before the connection broke, and refuses to have it twice."""
    transport = FakeTransport(verdicts=[Retry("connection", "reset by peer"), Retry("http_503", "busy"), refusal])
    writer = sink(transport)
    (payload,) = payloads(writer)
    assert [writer.attempt(payload) for _ in range(3)][-1] == Delivered()


def test_samples_out_of_order_at_the_first_attempt_are_a_refusal() -> None:
    """Somebody else writes the same series: that must be told."""
    transport = FakeTransport(verdicts=[Retry("timeout", "no answer"), Delivered(), OUT_OF_ORDER])
    writer = sink(transport)
    (first,), (second,) = payloads(writer), payloads(writer)
    assert [writer.attempt(payload) for payload in (first, first, second)][-1] == OUT_OF_ORDER


def test_another_refusal_after_a_failure_is_a_refusal() -> None:
    """Only words that say that the data is there count."""
    refusal = Rejected("http_400", "label name is invalid")
    writer = sink(FakeTransport(verdicts=[Retry("timeout", "no answer"), refusal]))
    (payload,) = payloads(writer)
    assert [writer.attempt(payload) for _ in range(2)][-1] == refusal


def test_the_run_ends_with_stale_markers() -> None:
    """After the last snapshot every series gets one more sample."""
    writer = sink(FakeTransport())
    list(writer.encode(snapshot()))
    (payload,) = writer.end(snapshot())
    request = WriteRequest.FromString(snappy.uncompress(payload.body))
    assert [len(series.samples) for series in request.timeseries] == [1, 1]
    assert all(series.samples[0].timestamp > snapshot().timestamp_ms for series in request.timeseries)


def test_close_closes_connections() -> None:
    """The transport is closed with the sink."""
    transport = FakeTransport()
    sink(transport).close()
    assert transport.closed == 1


def test_hints_name_the_usual_mistakes() -> None:
    """404 and 405 name the path, the switch of Prometheus, and the other protocol."""
    assert "--web.enable-remote-write-receiver" in HINTS[404]
    assert "--push-protocol pushgateway" in HINTS[405]
