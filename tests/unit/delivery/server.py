"""A real HTTP server on loopback, scripted byte by byte: answer, hang, drip, disconnect."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import BinaryIO


@dataclass(frozen=True)
class Request:
    """A received request; ``connection`` counts from 0."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return a complete answer; underscores in header names stand for dashes."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Hang:
    """Send some bytes, then nothing."""

    first: bytes = b""


@dataclass
class Drip:
    """Send one byte every 20 ms, forever."""

    first: bytes = b""


@dataclass
class Reset:
    """Send some bytes, then disconnect."""

    first: bytes = b""


Step = bytes | Hang | Drip | Reset


@dataclass
class ScriptedServer:
    """One step per request, in order; ``204`` after the last one."""

    port: int
    steps: Iterator[Step]
    requests: list[Request] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Return the push URL."""
        return f"http://{self.host}/write"

    def serve(self, connection: int, conn: socket.socket) -> None:
        """Read requests from one connection and act by the script."""
        with conn, conn.makefile("rb") as reader:
            while (request := _read_request(connection, reader)) is not None:
                self.requests.append(request)
                if not self._act(next(self.steps, reply(204)), conn):
                    return

    def _act(self, step: Step, conn: socket.socket) -> bool:
        """Take a step; return whether the connection is still usable."""
        conn.sendall(step if isinstance(step, bytes) else step.first)
        match step:
            case Hang():
                self.closing.wait()
            case Drip():
                while not self.closing.wait(0.02):
                    conn.sendall(b"x")
            case Reset():
                # Linger 0: close() sends RST instead of FIN.
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return isinstance(step, bytes)


def _read_request(connection: int, reader: BinaryIO) -> Request | None:
    line = reader.readline()
    if not line:
        return None
    method, target, _ = line.decode().split()
    head = b"".join(iter(reader.readline, b"\r\n"))
    headers = {name.lower(): value for name, value in BytesHeaderParser().parsebytes(head).items()}
    body = reader.read(int(headers.get("content-length", 0)))
    return Request(connection, method, target, headers, body)


@contextmanager
def serving(*steps: Step, context: ssl.SSLContext | None = None, port: int = 0) -> Iterator[ScriptedServer]:
    """Serve on a port, or a free one, until the end of the block."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        server = ScriptedServer(listener.getsockname()[1], iter(steps))
        threading.Thread(target=_accept, args=(server, listener, context), daemon=True).start()
        try:
            yield server
        finally:
            server.closing.set()
            listener.shutdown(socket.SHUT_RDWR)  # wakes accept()


def _accept(server: ScriptedServer, listener: socket.socket, context: ssl.SSLContext | None) -> None:
    connection = 0
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(server, connection, conn, context), daemon=True).start()
        connection += 1


def _talk(server: ScriptedServer, connection: int, conn: socket.socket, context: ssl.SSLContext | None) -> None:
    try:
        server.serve(connection, context.wrap_socket(conn, server_side=True) if context else conn)
    except OSError:
        conn.close()  # the client has gone, or does not trust us
