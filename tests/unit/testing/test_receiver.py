import socket
import ssl
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from locust_push.testing import Head, Receiver, Step, accept, answer, hang, reset
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.transcode import in_version
from locust_push.wire.remote_write.version import Version
from tests.unit.testing.test_store import request

REMOTE_WRITE = {"Content-Encoding": "snappy"}
LARGE = b"x" * 300_000
"""More than socket buffers take in."""


def connect(receiver: Receiver) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", receiver.port, timeout=5)


def post(connection: HTTPConnection, body: bytes, path: str = "/api/v1/write", method: str = "POST") -> HTTPResponse:
    """Send a request; return the answer, read to its end."""
    connection.request(method, path, body, REMOTE_WRITE if method == "POST" else {})
    response = connection.getresponse()
    response.read()
    return response


def status(receiver: Receiver, body: bytes = b"", **where: str) -> int:
    """Return the status of the answer to one request on a separate connection."""
    connection = connect(receiver)
    try:
        return post(connection, body, **where).status
    finally:
        connection.close()


def test_a_receiver_in_good_order_keeps_and_records_what_it_gets() -> None:
    """Remote-write is answered with 204, decoded, and counted."""
    with Receiver() as receiver:
        assert status(receiver, request(up=[(1, 3.0)])) == 204
        assert receiver.total("up") == 3
    [recorded] = receiver.requests
    assert recorded.decoded().timeseries[0].samples[0].value == 3
    assert (recorded.head.method, recorded.head.path, recorded.complete) == ("POST", "/api/v1/write", True)
    assert recorded.head.headers["content-encoding"] == "snappy"
    assert recorded.time == pytest.approx(time.time(), abs=60)


def test_a_request_of_2_0_is_answered_with_what_was_written() -> None:
    """The headers of the specification are sent, without which a sender assumes a 1.x receiver."""
    old = Payload(request(up=[(1, 3.0), (2, 4.0)]), 2, 2)
    with Receiver() as receiver:
        connection = connect(receiver)
        written = post(connection, in_version(old, Version.V2).body).headers
        silent = post(connection, request(up=[(3, 5.0)])).headers
        connection.close()
    assert written["X-Prometheus-Remote-Write-Samples-Written"] == "2"
    assert written["X-Prometheus-Remote-Write-Histograms-Written"] == "0"
    assert "X-Prometheus-Remote-Write-Samples-Written" not in silent


def test_a_pushgateway_in_good_order_keeps_groups() -> None:
    """PUT replaces a group, DELETE removes it, and the list of groups is available, but empty."""
    group = "/metrics/job/a"
    with Receiver() as receiver:
        assert status(receiver, b"up 3\n", method="PUT", path=group) == 200
        assert receiver.groups() == {group: "up 3\n"}
        assert status(receiver, method="GET", path="/api/v1/metrics") == 200
        assert status(receiver, method="DELETE", path=group) == 202
        assert receiver.groups() == {}
    assert receiver.requests[0].text == "up 3\n"


def test_samples_out_of_order_are_refused() -> None:
    """Out-of-order samples get 400, as from Prometheus, and stored data stays."""
    with Receiver() as receiver:
        assert [status(receiver, request(up=[(when, 1.0)])) for when in (2, 1)] == [204, 400]
        assert [sample.timestamp_ms for samples in receiver.samples().values() for sample in samples] == [2]


def test_the_script_comes_first_and_the_default_after_it() -> None:
    """Steps are taken in order, once each; script and default can be changed while it runs."""
    with Receiver(answer(503), answer(429, "slow", headers={"Retry-After": "7"}), default=answer(500)) as receiver:
        connection = connect(receiver)
        assert post(connection, b"").status == 503
        response = post(connection, b"")
        assert (response.status, response.headers["Retry-After"]) == (429, "7")
        assert post(connection, b"").status == 500
        receiver.script(answer(418))
        receiver.default = accept()
        assert [post(connection, request(up=[(1, 1.0)])).status for _ in range(2)] == [418, 204]
        connection.close()


def test_a_step_may_depend_on_the_head() -> None:
    """A function of the request's head chooses the step, before the body is read."""

    def guarded(head: Head) -> Step:
        return accept() if head.headers.get("authorization") == "Bearer new" else answer(401)

    with Receiver(default=guarded) as receiver:
        connection = connect(receiver)
        assert post(connection, b"").status == 401
        connection.request("PUT", "/metrics/job/a", b"up 1\n", {"Authorization": "Bearer new"})
        assert connection.getresponse().status == 200
        connection.close()


def test_only_what_was_answered_with_2xx_counts() -> None:
    """The status of a scripted answer decides whether the data counts as received."""
    body = request(up=[(1, 3.0)])
    with Receiver(answer(500), answer(400)) as receiver:
        assert [status(receiver, body), status(receiver, body), receiver.total("up")] == [500, 400, 0]
        receiver.script(answer(202))
        assert [status(receiver, body), receiver.total("up")] == [202, 3]


@pytest.mark.parametrize(
    ("step", "read", "total"),
    [(reset(), None, 0), (reset(stored=True), None, 3), (reset(read=0), 0, 0), (reset(read=4, stored=True), 4, 0)],
)
def test_a_reset_breaks_off_where_it_is_told(step: Step, read: int | None, total: float) -> None:
    """A reset before, within or after the body; the data counts only if complete and if the step says so."""
    body = request(up=[(1, 3.0)])
    with Receiver(step) as receiver:
        with pytest.raises(ConnectionResetError):
            status(receiver, body)
        receiver.wait_until(lambda it: bool(it.requests))
        assert receiver.requests[0].body == body[:read]
        assert receiver.total("up") == total
        assert status(receiver, body) == 204


def test_a_hanging_receiver_says_nothing_until_it_goes_down() -> None:
    """The client waits for its own timeout; then the connection ends without an answer."""
    with Receiver(hang()) as receiver:
        connection = HTTPConnection("127.0.0.1", receiver.port, timeout=0.2)
        with pytest.raises(TimeoutError):
            post(connection, b"x")
        connection.close()
        waiting = connect(receiver)
        receiver.script(hang())
        waiting.request("POST", "/", b"x")
        receiver.wait_until(lambda it: len(it.requests) == 2)
        receiver.down()
        with pytest.raises((ConnectionError, OSError)):
            waiting.getresponse()
        waiting.close()


def test_an_early_answer_leaves_the_body_unread() -> None:
    """The answer can be sent after a part of the body, and then the connection is closed."""
    with Receiver(answer(413, read=1000)) as receiver:
        connection = connect(receiver)
        connection.request("POST", "/", b"x" * 2000)
        response = connection.getresponse()
        assert (response.status, response.headers["Connection"]) == (413, "close")
        connection.close()
    assert (len(receiver.requests[0].body), receiver.requests[0].complete) == (1000, False)


def test_reading_takes_as_long_as_it_is_told() -> None:
    """The body is read at a given rate."""
    with Receiver(answer(200, bytes_per_second=10_000)) as receiver:
        started = time.monotonic()
        assert status(receiver, b"x" * 2000) == 200
        assert time.monotonic() - started >= 0.2


def test_a_delay_comes_before_the_answer() -> None:
    """The delay is between reading and the answer."""
    with Receiver(answer(200, delay=0.1)) as receiver:
        started = time.monotonic()
        status(receiver)
        assert time.monotonic() - started >= 0.1


def test_a_client_that_gives_up_is_recorded() -> None:
    """A request that ends early is recorded, marked as incomplete, and not stored."""
    with Receiver() as receiver:
        with socket.create_connection(("127.0.0.1", receiver.port)) as client:
            client.sendall(b"PUT /metrics/job/a HTTP/1.1\r\nContent-Length: 100\r\n\r\nup 3\n")
        receiver.wait_until(lambda it: bool(it.requests))
        assert (receiver.requests[0].body, receiver.requests[0].complete) == (b"up 3\n", False)
        assert receiver.groups() == {}


def test_down_refuses_and_up_serves_on_the_same_port() -> None:
    """Open connections are closed; accepted data is still available afterwards."""
    with Receiver() as receiver:
        connection = connect(receiver)
        assert post(connection, request(up=[(1, 3.0)])).status == 204
        receiver.down()
        with pytest.raises((ConnectionError, OSError)):
            post(connection, b"")
        connection.close()
        with pytest.raises(ConnectionRefusedError):
            status(receiver)
        receiver.up()
        assert status(receiver, request(up=[(2, 4.0)])) == 204
        assert receiver.total("up") == 4


def test_waiting_for_what_does_not_come_ends() -> None:
    """Waiting ends with an error after the given time."""
    with Receiver() as receiver, pytest.raises(TimeoutError, match=r"was not met within 0\.01 s"):
        receiver.wait_until(lambda it: bool(it.requests), within=0.01)


@pytest.fixture
def behind() -> Iterator[Receiver]:
    """By default it is a regular server."""
    with Receiver() as receiver:
        yield receiver


def test_a_proxy_hands_on_what_it_keeps(behind: Receiver) -> None:
    """The answer is that of the server behind it; scripted faults come before or after."""
    body = request(up=[(2, 3.0)])
    with Receiver(answer(503), reset(stored=True), forward_to=behind.url) as receiver:
        assert status(receiver, body) == 503
        assert behind.requests == []
        with pytest.raises(ConnectionResetError):
            status(receiver, body)
        assert (behind.total("up"), receiver.total("up")) == (3, 3)
        assert status(receiver, request(up=[(1, 3.0)])) == 400
        assert [sent.body for sent in behind.requests] == [body, request(up=[(1, 3.0)])]


def test_a_proxy_answers_502_when_nobody_is_behind_it(behind: Receiver) -> None:
    """Without that server it answers 502, and stores nothing."""
    with Receiver(forward_to=behind.url) as receiver:
        behind.down()
        assert status(receiver, request(up=[(1, 3.0)])) == 502
        assert receiver.total("up") == 0


def test_tls_is_served_with_the_context_given() -> None:
    """The URLs have the scheme https, and a client without TLS gets no answer."""
    with Receiver(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as receiver:
        assert receiver.url.startswith("https://")
        with pytest.raises((ConnectionError, OSError)):
            status(receiver)
    assert receiver.requests == []
