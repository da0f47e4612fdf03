"""The HTTP server of the bridge, from the standard library: enough for a few requests per minute."""

import logging
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from locust_push.bridge.app import Bridge, BridgeAnswer

logger = logging.getLogger(__name__)

MAX_BODY = 4 * 2**20
"""Bytes. A thousand alerts with long texts are one MiB."""

_REQUEST_SECONDS = 10.0


class BridgeServer:
    """The bridge on a port, for the duration of the ``with`` block, at whose end waiting messages are sent."""

    def __init__(self, bridge: Bridge, host: str, port: int, *, stop_seconds: float) -> None:
        """Open the listening socket; requests are answered within the ``with`` block.

        Raises:
            OSError: The port cannot be opened.
        """
        self._bridge = bridge
        self._stop_seconds = stop_seconds
        self._server = _Server((host, port), _Handler)
        self._server.bridge = bridge
        self._thread = threading.Thread(target=self._server.serve_forever, name="bridge", daemon=True)

    @property
    def address(self) -> str:
        """Host and port."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def __enter__(self) -> Self:
        for outbox in self._bridge.outboxes:
            outbox.start()
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        deadline = time.monotonic() + self._stop_seconds
        for outbox in self._bridge.outboxes:
            outbox.finish()
        for outbox in self._bridge.outboxes:
            if not outbox.join(max(0.0, deadline - time.monotonic())):
                logger.warning("locust-push: %s was too slow: some messages were not sent before the end", outbox.name)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    bridge: Bridge

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do not log clients that closed their connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _REQUEST_SECONDS
    server_version = "locust-push-bridge"
    sys_version = ""

    def do_GET(self) -> None:
        self._send(self.server.bridge.get(urlsplit(self.path).path))

    def do_POST(self) -> None:
        body = self._body()
        if isinstance(body, BridgeAnswer):
            self.close_connection = True
            self._send(body)
            return
        authorization = self.headers.get("Authorization", "")
        self._send(self.server.bridge.post(urlsplit(self.path).path, authorization, body))

    def _body(self) -> bytes | BridgeAnswer:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return BridgeAnswer(HTTPStatus.LENGTH_REQUIRED, b"Content-Length is missing\n")
        if int(length) > MAX_BODY:
            return BridgeAnswer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_BODY} bytes\n".encode())
        return self.rfile.read(int(length))

    def _send(self, answer: BridgeAnswer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name of what is overridden
        logger.debug("locust-push: %s %s", self.address_string(), format % args)
