import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest

from locust_push.config.endpoint import HttpEndpoint, Tls
from locust_push.core.clock import TimeLimit
from locust_push.delivery.answer import ANSWER_BYTES, HttpAnswer
from locust_push.delivery.headers import USER_AGENT
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict
from tests.unit.delivery.fakes import Secret, UnreadableSecret, endpoint
from tests.unit.delivery.server import Drip, Hang, Request, Reset, ScriptedServer, reply, serving

PROTOCOL = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
SECRET = "s3cr3t-w0rd"  # noqa: S105 - a secret made up for this test


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ignore proxies and .netrc of the user who runs the tests."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


class Interrupt(BaseException):
    """Raised at the time limit; not an OSError, as TimeLimit requires."""


@contextmanager
def by_signal(seconds: float) -> Iterator[None]:
    """A time limit for tests: a signal interrupts blocking calls of the main thread."""

    def interrupt(*_: object) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    timer = threading.Timer(seconds, signal.pthread_kill, [threading.main_thread().ident, signal.SIGUSR1])
    timer.start()
    try:
        yield
    except Interrupt:
        raise TimeoutError from None
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, before)


def without_limit(_: float) -> nullcontext[None]:
    """No time limit except those of requests for the network."""
    return nullcontext()


def transport(settings: HttpEndpoint | None = None, limit: TimeLimit = without_limit) -> HttpTransport:
    return HttpTransport(settings or endpoint(), limit, wall_clock=lambda: NOW)


def send(server: ScriptedServer, settings: HttpEndpoint | None = None, limit: TimeLimit = without_limit) -> Verdict:
    return transport(settings, limit).send("POST", server.url, b"body", PROTOCOL)


def sent(settings: HttpEndpoint) -> Request:
    """Return a request to this endpoint as the server sees it."""
    with serving() as server:
        assert send(server, settings) == Delivered()
    return server.requests[0]


def test_a_request_as_the_protocol_wants_it() -> None:
    """Method, target with query, protocol headers, our name and the body arrive unchanged."""
    with serving() as server:
        assert transport().send("PUT", f"http://{server.host}/a%2Fb?x=y", b"\0body", PROTOCOL) == Delivered()
    request = server.requests[0]
    assert (request.method, request.target, request.body) == ("PUT", "/a%2Fb?x=y", b"\0body")
    assert request.headers == {
        "host": server.host,
        "user-agent": USER_AGENT,
        "accept-encoding": "identity",
        "content-type": "application/x-protobuf",
        "content-encoding": "snappy",
        "content-length": "5",
    }


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (reply(200, b"fine"), Delivered()),
        (reply(204), Delivered()),
        (reply(400, b"out of order\nsample\n"), Rejected("http_400", "out of order sample")),
        (reply(404), Retry("http_404", "Whatever", needs_fix=True)),
        (reply(500, b"oops"), Retry("http_500", "oops")),
        (reply(503, b"busy", Retry_After="3"), Retry("http_503", "busy", 3.0)),
        (reply(429, b"slow", Retry_After="Tue, 14 Nov 2023 22:13:30 GMT"), Retry("http_429", "slow", 10.0)),
        (reply(429, b"slow", Retry_After="Tue, 14 Nov 2000 22:13:30 GMT"), Retry("http_429", "slow", 0.0)),
    ],
)
def test_verdicts(answer: bytes, verdict: Verdict) -> None:
    """The answer becomes a verdict with the server's error text on one line and the wait that it requests."""
    with serving(answer) as server:
        assert send(server) == verdict


def test_one_attempt_is_one_request() -> None:
    """The HTTP client itself does not retry."""
    with serving(reply(503, Retry_After="0"), Reset()) as server:
        client = transport()
        client.send("POST", server.url, b"", PROTOCOL)
        client.send("POST", server.url, b"", PROTOCOL)
    assert len(server.requests) == 2


def test_redirects_are_not_followed() -> None:
    """The target of a redirect is shown without user info, and nothing is sent there."""
    with serving(reply(307, Location="http://u:p@127.0.0.1:1/x")) as server:
        verdict = send(server)
    assert isinstance(verdict, Retry)
    assert verdict.detail == "Whatever (redirects are not followed; give --push-url http://127.0.0.1:1/x)"
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [100, 102, 103])
def test_informational_answers_are_passed_over(status: int) -> None:
    """A proxy's early hints are skipped; connections stay in use."""
    hints = f"HTTP/1.1 {status} Early Hints\r\nLink: </x>\r\n\r\n".encode()
    with serving(hints * 3 + reply(204), reply(400, b"no")) as server:
        client = transport()
        assert client.send("POST", server.url, b"", PROTOCOL) == Delivered()
        assert client.send("POST", server.url, b"", PROTOCOL) == Rejected("http_400", "no")
        client.close()


def test_hints_reach_the_verdict() -> None:
    """The hints of the protocol complete the server's error text."""
    with serving(reply(404, b"not found")) as server:
        verdict = transport().send("POST", server.url, b"", PROTOCOL, {404: "wrong path"})
    assert verdict == Retry("http_404", "not found (wrong path)", needs_fix=True)


def test_a_redirect_says_which_url_to_give() -> None:
    """A relative Location, as Prometheus sends it for a slash too many, becomes a full URL."""
    with serving(reply(307, Location="/api/v1/write")) as server:
        verdict = send(server)
    assert isinstance(verdict, Retry)
    assert verdict.detail.endswith(f"give --push-url http://{server.host}/api/v1/write)")


def test_connections_are_kept_alive() -> None:
    """Requests after answers with and without a body, good or bad, use one connection."""
    with serving(reply(200, b"x" * 100), reply(400, b"bad"), reply(503), reply(204)) as server:
        client = transport()
        for _ in range(4):
            client.send("POST", server.url, b"", PROTOCOL)
    assert [request.connection for request in server.requests] == [0, 0, 0, 0]


def test_a_long_answer_is_not_read_to_its_end() -> None:
    """An answer that is longer than the limit closes its connection, without other effects."""
    with serving(reply(400, b"x" * 10 * ANSWER_BYTES)) as server:
        client = transport()
        verdict = client.send("POST", server.url, b"", PROTOCOL)
        assert client.send("POST", server.url, b"", PROTOCOL) == Delivered()
    assert verdict == Rejected("http_400", "x" * 1024)
    assert [request.connection for request in server.requests] == [0, 1]


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    """An answer without length or end is cut off."""
    with serving(Hang(b"HTTP/1.1 400 Bad\r\n\r\n" + b"x" * 200_000)) as server:
        assert send(server) == Rejected("http_400", "x" * 1024)


def test_a_server_that_hangs_is_a_timeout() -> None:
    """A missing answer is retried."""
    with serving(Hang()) as server:
        assert send(server, endpoint(timeout=0.1)) == Retry("timeout", "no answer within 0.1 s")


def test_the_whole_attempt_is_bounded() -> None:
    """An answer that arrives byte by byte ends with the time limit of the attempt."""
    with serving(Drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")) as server:
        started = time.monotonic()
        assert send(server, endpoint(timeout=0.3), by_signal) == Retry("timeout", "no answer within 0.3 s")
    assert 0.3 <= time.monotonic() - started < 3


def test_a_body_that_never_ends_does_not_undo_the_status() -> None:
    """An accepted request counts as delivered, even if the rest of the answer is late."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    with serving(Drip(head)) as server:
        assert send(server, endpoint(timeout=0.2), by_signal) == Delivered()
    with serving(Reset(head)) as server:
        assert send(server) == Delivered()


def test_a_time_limit_is_over_with_its_attempt() -> None:
    """The attempt after an interrupted one uses a new connection."""
    with serving(Hang()) as server:
        client = transport(endpoint(timeout=0.2), by_signal)
        assert client.send("POST", server.url, b"", PROTOCOL) == Retry("timeout", "no answer within 0.2 s")
        assert client.send("POST", server.url, b"", PROTOCOL) == Delivered()
    assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 2"])
def test_a_broken_connection_is_retried(first: bytes) -> None:
    """A reset before or within the status line is retried."""
    with serving(Reset(first)) as server:
        verdict = send(server)
    assert isinstance(verdict, Retry)
    assert verdict.reason == "closed"
    assert "HTTPConnectionPool" not in verdict.detail


def test_an_idle_connection_that_the_server_closed_is_replaced() -> None:
    """A keep-alive connection that was closed between two pushes costs no attempt."""
    with serving(b"HTTP/1.1 204 OK\r\nConnection: close\r\n\r\n") as server:
        client = transport()
        assert [client.send("POST", server.url, b"", PROTOCOL) for _ in range(2)] == [Delivered(), Delivered()]


def test_nobody_listens() -> None:
    """A refused connection is retried, with the system's error text."""
    verdict = transport().send("POST", f"http://127.0.0.1:{free_port()}/", b"", PROTOCOL)
    assert verdict == Retry("connection", "[Errno 111] Connection refused")


@contextmanager
def black_hole() -> Iterator[tuple[str, int]]:
    """An address whose queue of connections is full, so that further ones get no answer."""
    with socket.socket() as hole, ExitStack() as waiting:
        hole.bind(("127.0.0.2", free_port()))
        hole.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.settimeout(0)
            one.connect_ex(hole.getsockname())
        yield hole.getsockname()


def test_an_address_that_leads_nowhere_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a host has several addresses, the second one is tried within the same attempt."""
    with black_hole() as (address, port), serving(reply(204), port=port) as server:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in (address, "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        started = time.monotonic()
        client = HttpTransport(endpoint(timeout=1.0), without_limit, lambda: NOW)
        assert client.send("POST", f"http://two.addresses:{port}/", b"", PROTOCOL) == Delivered()
        assert 0.4 < time.monotonic() - started < 1.0
        assert len(server.requests) == 1


def test_a_connection_that_does_not_come_about_is_a_timeout() -> None:
    """An unreachable address is given up after a part of the attempt, and the message says so."""
    with black_hole() as (address, port):
        client = HttpTransport(endpoint(timeout=0.4), without_limit, lambda: NOW)
        verdict = client.send("POST", f"http://{address}:{port}/", b"", PROTOCOL)
        assert verdict == Retry("timeout", "no connection within 0.2 s")


def test_an_unknown_host() -> None:
    """A name that does not resolve has a reason of its own."""
    verdict = transport().send("POST", "http://does-not-exist.invalid/", b"", PROTOCOL)
    assert isinstance(verdict, Retry)
    assert verdict.reason == "dns"


def test_something_that_is_not_http() -> None:
    """An answer in another protocol is a failed connection."""
    with serving(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as server:
        verdict = send(server)
    assert isinstance(verdict, Retry)
    assert verdict.reason == "connection"


@pytest.mark.parametrize("url", ["http://a..b/", "http://[::1/", "http://" + "x" * 70 + "/", "foo://host/"])
def test_a_url_that_cannot_be_used(url: str) -> None:
    """A URL that the HTTP client refuses gives a verdict as well."""
    verdict = transport().send("POST", url, b"", PROTOCOL)
    assert isinstance(verdict, Retry)
    assert verdict.reason == "request"


def test_bearer_token() -> None:
    """A bearer token is sent as in RFC 6750."""
    assert sent(endpoint(bearer_token=Secret(SECRET))).headers["authorization"] == f"Bearer {SECRET}"


def test_basic_auth() -> None:
    """User and password are sent as in RFC 7617, in UTF-8."""
    expected = b64encode("jörg:pä:ss".encode()).decode()
    assert sent(endpoint(username="jörg", password=Secret("pä:ss"))).headers["authorization"] == f"Basic {expected}"


def test_secrets_are_read_for_every_attempt() -> None:
    """A rotated secret is used by the next attempt."""
    token = Secret("old")
    with serving() as server:
        client = transport(endpoint(bearer_token=token))
        client.send("POST", server.url, b"", PROTOCOL)
        token.text = "new"
        client.send("POST", server.url, b"", PROTOCOL)
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_is_about_the_way(status: int) -> None:
    """After 401 a request is retried with the current secret."""
    with serving(reply(status, b"who are you")) as server:
        verdict = send(server, endpoint(bearer_token=Secret("old")))
    assert isinstance(verdict, Retry)
    assert (verdict.reason, verdict.needs_fix) == (f"http_{status}", True)


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file", "/token"), UnicodeError("not text")])
def test_an_unreadable_secret_sends_nothing(error: Exception) -> None:
    """Without its secret a request is not sent, and retried later."""
    with serving() as server:
        verdict = send(server, endpoint(bearer_token=UnreadableSecret(error)))
    assert verdict == Retry("secret", f"cannot read the secret: {error}", needs_fix=True)
    assert server.requests == []


def test_user_headers_are_added() -> None:
    """Headers of the user are sent with every request."""
    assert sent(endpoint(headers={"X-Scope-OrgID": "team-a"})).headers["x-scope-orgid"] == "team-a"


def test_user_headers_replace_nothing() -> None:
    """Headers of the user replace neither the protocol's, nor the auth header, nor the framing of the body."""
    taken = ("content-type", "CONTENT-ENCODING", "authorization", "user-agent", "Content-Length", "Transfer-Encoding")
    request = sent(endpoint(bearer_token=Secret("token"), headers=dict.fromkeys(taken, "mine")))
    assert "mine" not in request.headers.values()
    assert request.headers["authorization"] == "Bearer token"
    assert request.body == b"body"


def test_users_own_authorization() -> None:
    """Without another authentication, an Authorization header of the user is sent."""
    assert sent(endpoint(headers={"Authorization": "Custom xyz"})).headers["authorization"] == "Custom xyz"


def test_netrc_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A .netrc entry for the host neither adds credentials nor replaces ours."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password wrong\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert "authorization" not in sent(endpoint()).headers
    assert sent(endpoint(bearer_token=Secret("token"))).headers["authorization"] == "Bearer token"


def test_proxies_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """http_proxy is honoured, and so is no_proxy."""
    with serving() as proxy, serving() as server:
        monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
        assert transport().send("POST", "http://behind.invalid/write", b"", PROTOCOL) == Delivered()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert send(server) == Delivered()
    assert [request.target for request in proxy.requests] == ["http://behind.invalid/write"]
    assert [request.target for request in server.requests] == ["/write"]


def test_a_dead_proxy_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of the proxy has its own reason; its password is not shown."""
    monkeypatch.setenv("http_proxy", f"http://user:{SECRET}@127.0.0.1:{free_port()}")
    verdict = transport().send("POST", "http://behind.invalid/", b"", PROTOCOL)
    assert isinstance(verdict, Retry)
    assert verdict.reason == "proxy"
    assert SECRET not in verdict.detail


@pytest.mark.parametrize(
    "settings",
    [
        endpoint(bearer_token=Secret(SECRET)),
        endpoint(username="me", password=Secret(SECRET)),
        endpoint(headers={"X-Api-Key": SECRET}),
        endpoint(headers={"Authorization": f"Custom {SECRET}"}),
    ],
)
def test_secrets_that_a_server_echoes_do_not_show(settings: HttpEndpoint) -> None:
    """Neither a secret nor its header gets from an answer into a verdict."""
    headers = sent(settings).headers
    echo = f"{headers} {SECRET} http://me:{SECRET}@host/ " + "x" * 900 + SECRET
    with serving(reply(400, echo.encode()), reply(503, echo.encode())) as server:
        verdicts = [send(server, settings), send(server, settings)]
    for verdict in verdicts:
        assert "***" in str(verdict)
        assert SECRET not in str(verdict)
        assert b64encode(f"me:{SECRET}".encode()).decode() not in str(verdict)


def test_a_secret_at_the_edge_of_what_is_quoted_does_not_show() -> None:
    """If the quoted part of an answer ends inside a secret, its beginning is not shown."""
    with serving(reply(400, b" " * 4090 + SECRET.encode() + b" " * 100)) as server:
        verdict = send(server, endpoint(bearer_token=Secret(SECRET)))
    assert verdict == Rejected("http_400", "Whatever")


def test_a_secret_that_makes_no_header_does_not_show() -> None:
    """The HTTP client's error about an invalid header does not quote the secret."""
    with serving() as server:
        verdict = send(server, endpoint(bearer_token=Secret(f"{SECRET}\nX-Evil: 1")))
    assert isinstance(verdict, Retry)
    assert verdict.reason == "request"
    assert SECRET not in verdict.detail


def test_transport_shows_no_secret() -> None:
    """No repr of a transport's parts shows a secret."""
    with serving() as server:
        client = transport(endpoint(bearer_token=Secret(SECRET)))
        client.send("POST", server.url, b"", PROTOCOL)
    assert SECRET not in f"{client!r} {client._used!r}"


def test_exchange_returns_the_body() -> None:
    """A plain request returns status, case-insensitive headers, error text, and the body up to the limit."""
    with serving(reply(200, b"line\nline", X_Y="z"), reply(200, b"0123456789")) as server:
        client = transport()
        answer = client.exchange("GET", server.url)
        cut = client.exchange("DELETE", server.url, limit=4)
    assert isinstance(answer, HttpAnswer)
    assert (answer.status, answer.body, answer.complete, answer.text) == (200, b"line\nline", True, "line line")
    assert answer.headers["x-y"] == "z"
    assert isinstance(cut, HttpAnswer)
    assert (cut.body, cut.complete) == (b"0123", False)
    assert [(request.method, request.body) for request in server.requests] == [("GET", b""), ("DELETE", b"")]


def test_a_broken_body_is_not_complete() -> None:
    """A body that ends early is not treated as complete."""
    with serving(Reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nabc")) as server:
        answer = transport().exchange("GET", server.url)
    assert isinstance(answer, HttpAnswer)
    assert (answer.status, answer.complete) == (200, False)


def test_closed_transport_has_no_connection() -> None:
    """Closing ends the connections that were kept alive."""
    with serving() as server:
        client = transport()
        client.send("POST", server.url, b"", PROTOCOL)
        client.close()
        client.send("POST", server.url, b"", PROTOCOL)
    assert [request.connection for request in server.requests] == [0, 1]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PEM file with the key and the self-signed certificate of 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subject = ["-subj", "/CN=locust-push test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", "req", "-x509", *curve, *subject, *files], check=True, capture_output=True)
    both.write_text(key.read_text() + cert.read_text())
    return str(both)


def server_context(certificate: str, *, asks_for_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if asks_for_client:
        context.load_verify_locations(certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_an_untrusted_certificate_names_the_option(certificate: str) -> None:
    """Nothing is sent to an untrusted server; the verdict names the option to change."""
    with serving(context=server_context(certificate)) as server:
        verdict = transport().send("POST", f"https://{server.host}/", b"", PROTOCOL)
    assert isinstance(verdict, Retry)
    assert verdict.reason == "tls"
    assert verdict.detail.endswith("(trust its CA with --push-tls-ca)")
    assert server.requests == []


def test_a_trusted_ca(certificate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate of the given CA is trusted, whatever the environment says about others."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with serving(context=server_context(certificate)) as server:
        client = transport(endpoint(tls=Tls(ca=certificate)))
        assert client.send("POST", f"https://{server.host}/", b"", PROTOCOL) == Delivered()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # that is what is asked for
def test_verification_can_be_skipped(certificate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With skip_verify any certificate is accepted, whatever the environment says."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with serving(context=server_context(certificate)) as server:
        client = transport(endpoint(tls=Tls(skip_verify=True)))
        assert client.send("POST", f"https://{server.host}/", b"", PROTOCOL) == Delivered()


def test_a_client_certificate(certificate: str) -> None:
    """A server that requires it gets the client certificate."""
    with serving(context=server_context(certificate, asks_for_client=True)) as server:
        known = transport(endpoint(tls=Tls(ca=certificate, cert=certificate, key=certificate)))
        unknown = transport(endpoint(tls=Tls(ca=certificate)))
        assert known.send("POST", f"https://{server.host}/", b"", PROTOCOL) == Delivered()
        assert isinstance(unknown.send("POST", f"https://{server.host}/", b"", PROTOCOL), Retry)
    assert len(server.requests) == 1


def free_port() -> int:
    """Return a port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
