"""Receivers of messages in a test: HTTP and SMTP servers on the loopback interface that keep requests.

Slack, DingTalk and Feishu have fixed addresses. :class:`ChatServices` stands in for all three: it is a proxy that ends
the TLS connections itself, with a certificate for their names, so that everything on our side of the network is real.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers.ports import HOST, free_port

SLACK, DINGTALK, FEISHU = "hooks.slack.com", "oapi.dingtalk.com", "open.feishu.cn"
_ANSWERS = {SLACK: b"ok", DINGTALK: b'{"errcode": 0, "errmsg": "ok"}', FEISHU: b'{"code": 0, "msg": "success"}'}


@dataclass(frozen=True)
class Received:
    """One request."""

    host: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body."""
        return json.loads(self.body)


class _Handler(BaseHTTPRequestHandler):
    server: _Sink

    def do_CONNECT(self) -> None:
        """Act as the requested host."""
        self.send_response(200)
        self.end_headers()
        assert self.server.tls is not None
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        host = self.headers["Host"].partition(":")[0]
        self.server.received.append(Received(host, self.path, dict(self.headers), body))
        answer = self.server.answers.pop(0) if self.server.answers else _ANSWERS.get(host, b"")
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class _Sink(ThreadingHTTPServer):
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Handler)
        self.received: list[Received] = []
        self.statuses: list[int] = []
        self.answers: list[bytes] = []


class HttpSink:
    """A web server that keeps posted requests.

    Attributes:
        received: All requests so far.
        statuses: What the next ones are answered with; then 200.
        answers: Bodies of the next answers; then what the service says of a message that it takes.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = _Sink()
        self._server.tls = tls
        self.received = self._server.received
        self.statuses = self._server.statuses
        self.answers = self._server.answers

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._server.server_address[1]}"

    def of(self, host: str) -> list[Received]:
        """Return the requests to one host."""
        return [request for request in self.received if request.host == host]

    @contextmanager
    def running(self) -> Iterator[HttpSink]:
        """Answer for as long as the ``with`` block lasts."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class ChatServices(HttpSink):
    """Slack, DingTalk and Feishu, behind a proxy."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "chat.pem"
        key = folder / "chat.key"
        names = ",".join(f"DNS:{name}" for name in (SLACK, DINGTALK, FEISHU))
        options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        command = ["openssl", "req", "-x509", *options, "-subj", "/CN=chat", "-addext", f"subjectAltName={names}"]
        subprocess.run([*command, "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        super().__init__(context)

    @property
    def environ(self) -> dict[str, str]:
        """The environment that routes a process to them."""
        proxy = f"http://{self.address}"
        return {"HTTPS_PROXY": proxy, "NO_PROXY": HOST, "REQUESTS_CA_BUNDLE": str(self.certificate)}


class MailSink:
    """A mail server that requires a password, accepts any, and keeps every message."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self._controller = _Controller(self, hostname=HOST, port=free_port())

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._controller.port}"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's
        """Keep a message."""
        assert isinstance(envelope.content, bytes)
        self.received.append(message_from_bytes(envelope.content, policy=default))
        return "250 kept"

    @contextmanager
    def running(self) -> Iterator[MailSink]:
        """Take mail for as long as the ``with`` block lasts."""
        self._controller.start()
        try:
            with smtplib.SMTP(HOST, self._controller.port):
                pass
            yield self
        finally:
            self._controller.stop()


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, authenticator=_anyone, auth_require_tls=False, enable_SMTPUTF8=True)


def _anyone(*_: Any) -> AuthResult:
    return AuthResult(success=True)


def text_of(message: Message) -> str:
    """Return the text of a mail in any of its forms."""
    return "\n".join(
        part.get_payload(decode=True).decode()  # type: ignore[union-attr]  # bytes, of a part that is not multipart
        for part in message.walk()
        if part.get_content_maintype() == "text"
    )
