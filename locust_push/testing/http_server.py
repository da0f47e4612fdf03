"""An HTTP/1.1 server in a thread that can read slowly or in part, hang, and reset connections."""

import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from locust_push.testing.steps import Genuine, Hang, Head, Reply, Step

LOOPBACK = "127.0.0.1"

_AT_CLOSE_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s, so that close() sends RST instead of FIN
_CHUNK = 16384
_PORTIONS_PER_SECOND = 10  # of a slow reading

Decide = Callable[[Head], Step]
"""Chooses the step for a request."""

Received = Callable[[Step, Head, bytes, bool], Reply]
"""Takes the part of a request that was read, and whether that is all of it; returns the regular answer."""


class HttpServer:
    """Serves from the start until :meth:`close`.

    Attributes:
        port: The port that it listens on.
    """

    def __init__(self, port: int, *, decide: Decide, received: Received, tls: ssl.SSLContext | None) -> None:
        """Listen on ``port``, or on a free one for 0.

        Raises:
            OSError: The port is taken.
        """
        self._listener = _Listener(port, decide, received, tls)
        self.port: int = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Stop listening, and close all connections."""
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.break_off()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, decide: Decide, received: Received, tls: ssl.SSLContext | None) -> None:
        self.decide = decide
        self.received = received
        self.closing = threading.Event()
        self._tls = tls
        self._open: set[socket.socket] = set()
        super().__init__((LOOPBACK, port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; the TLS handshake is left to the thread that reads."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close; not with a FIN first, as the base class does, which would keep a reset from being one."""
        self.close_request(request)

    def close_request(self, request: Any) -> None:
        """Close and forget."""
        self._open.discard(request)
        request.close()

    def break_off(self) -> None:
        """End hanging requests and idle connections."""
        self.closing.set()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect, which this server provokes; print other errors."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out in one piece, so that no delayed acknowledgement stands between them.
    wbufsize = -1
    server: _Listener

    def handle_request(self) -> None:
        """Act on one request."""
        head = Head(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        step = self.server.decide(head)
        body, complete = self._read(step, int(head.headers.get("content-length", 0)))
        regular = self.server.received(step, head, body, complete)
        if not complete:
            self.close_connection = True
        if not self.server.closing.wait(step.delay):
            self._end(step, regular)

    do_GET = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815  # the base class looks for these names

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def version_string(self) -> str:
        """For the header ``Server``."""
        return "locust-push-testing"

    def _end(self, step: Step, regular: Reply) -> None:
        match step.ending:
            case Reply():
                self._reply(step.ending)
            case Genuine():
                self._reply(regular)
            case Hang():
                self.close_connection = True
                self.server.closing.wait()
            case _:
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_CLOSE_RESET)

    def _read(self, step: Step, length: int) -> tuple[bytes, bool]:
        """As much of the body as the step says and the client sends, and whether that is all."""
        wanted = length if step.read is None else min(step.read, length)
        portion = _CHUNK
        if step.bytes_per_second:
            portion = max(1, int(step.bytes_per_second / _PORTIONS_PER_SECOND))
        body = bytearray()
        while len(body) < wanted:
            data = self.rfile.read(min(portion, wanted - len(body)))
            if not data or (step.bytes_per_second and self.server.closing.wait(len(data) / step.bytes_per_second)):
                break
            body += data
        return bytes(body), len(body) == length

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if reply.status not in {204, 304}:
            self.wfile.write(reply.body)
        self.wfile.flush()
