import snappy

from locust_push.delivery.verdict import Delivered
from locust_push.sinks import Sink
from locust_push.sinks.remote_write import HINTS, RemoteWriteSink
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.remote_write import RemoteWriteEncoder
from locust_push.wire.remote_write_v1 import HEADERS
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
    payload, metadata = payloads(writer)
    assert (payload.samples, metadata.samples) == (3, 0)
    assert writer.attempt(payload) == Delivered()
    assert transport.sent == [("POST", URL, payload.body, dict(HEADERS), HINTS)]


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
