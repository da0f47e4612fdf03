"""A web service to put load on that counts what it served itself. Stands alone: `python tests/target.py --port 8000`.

Every path is answered with 200, but for
    /status/<code>     that status
    /slow/<ms>         200 after that many milliseconds
    /bytes/<n>         200 and a body of n bytes
    /flaky/<percent>   500 for exactly that share of the requests, evenly spread; otherwise 200
    GET /_counts       what was served by method, path (without its query) and status, as JSON; not itself counted
    POST /_reset       count from 0 again; not itself counted

A request counts as served when its answer is written. One whose client had gone by then is counted as abandoned.
One asyncio protocol object per connection, without a framework: it must outrun the load generators that it is to check.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections import Counter
from http import HTTPStatus


class Service:
    """Chooses the answers, and counts them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start counting from 0."""
        self.served: Counter[tuple[str, str, int]] = Counter()
        self.abandoned = 0
        self._asked: Counter[str] = Counter()

    def decide(self, path: str) -> tuple[int, float, bytes]:
        """Return (status, delay in seconds, body) for a request of `path`."""
        _, _, rest = path.partition("/")
        kind, _, argument = rest.partition("/")
        if kind not in {"status", "slow", "bytes", "flaky"}:
            return 200, 0.0, b"ok\n"
        if not argument.isdecimal():
            return 400, 0.0, b"a number belongs here\n"
        number = int(argument)
        if kind == "slow":
            return 200, number / 1000, b"ok\n"
        if kind == "bytes":
            return 200, 0.0, b"x" * number
        if kind == "flaky":
            self._asked[path] += 1
            asked = self._asked[path]
            # It fails when the share of failures, rounded down to whole requests, grows by one.
            failed = asked * number // 100 > (asked - 1) * number // 100
            return (500, 0.0, b"unlucky\n") if failed else (200, 0.0, b"ok\n")
        return (number, 0.0, b"ok\n") if 200 <= number <= 599 else (400, 0.0, b"a status from 200 to 599\n")

    def report(self) -> bytes:
        """Return the counts as JSON."""
        served = [
            {"method": method, "path": path, "status": status, "count": count}
            for (method, path, status), count in sorted(self.served.items())
        ]
        return json.dumps({"served": served, "abandoned": self.abandoned}).encode()


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other, pipelined or not, until either side closes."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = bytearray()
        self._transport: asyncio.Transport
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for answers."""
        assert isinstance(transport, asyncio.Transport)  # of a TCP server, always
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        """Count a request that will not be answered."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
            self._service.abandoned += 1

    def data_received(self, data: bytes) -> None:
        """Read bytes, and answer every complete request."""
        self._buffer += data
        self._serve()

    def _serve(self) -> None:
        while self._waiting is None and not self._transport.is_closing():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].decode("latin-1")
            request_line, _, header_lines = head.partition("\r\n")
            headers = _headers(header_lines)
            after = _end_of_body(self._buffer, end + 4, headers)
            if after is None:
                return
            del self._buffer[:after]
            try:
                method, address, protocol = request_line.split(" ")
            except ValueError:
                self._transport.close()
                return
            wish = headers.get("connection", "").lower()
            keep = wish != "close" and (protocol != "HTTP/1.0" or wish == "keep-alive")
            self._dispatch(method, address.partition("?")[0], keep=keep)

    def _dispatch(self, method: str, path: str, *, keep: bool) -> None:
        if path == "/_counts":
            self._write(method, 200, self._service.report(), keep=keep)
        elif path == "/_reset":
            self._service.reset()
            self._write(method, 204, b"", keep=keep)
        else:
            status, delay, body = self._service.decide(path)
            if delay:
                loop = asyncio.get_running_loop()
                self._waiting = loop.call_later(delay, self._answer_late, method, path, status, body, keep)
            else:
                self._answer(method, path, status, body, keep=keep)

    def _answer_late(self, method: str, path: str, status: int, body: bytes, keep: bool) -> None:
        self._waiting = None
        self._answer(method, path, status, body, keep=keep)
        self._serve()

    def _answer(self, method: str, path: str, status: int, body: bytes, *, keep: bool) -> None:
        if self._transport.is_closing():
            self._service.abandoned += 1
            return
        self._service.served[method, path, status] += 1
        self._write(method, status, body, keep=keep)

    def _write(self, method: str, status: int, body: bytes, *, keep: bool) -> None:
        without_body = status in {204, 304}
        length = "" if without_body else f"Content-Length: {len(body)}\r\n"
        closing = "" if keep else "Connection: close\r\n"
        head = f"HTTP/1.1 {status} {_phrase(status)}\r\nContent-Type: text/plain\r\n{length}{closing}\r\n"
        self._transport.write(head.encode() + (b"" if without_body or method == "HEAD" else body))
        if not keep:
            self._transport.close()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unnamed"


def _headers(lines: str) -> dict[str, str]:
    """Return the headers by lower-case name."""
    headers = {}
    for line in lines.split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _end_of_body(buffer: bytearray, start: int, headers: dict[str, str]) -> int | None:
    """Return the end of the body that begins at `start`, or None while it isn't complete."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        end = start + int(headers.get("content-length") or 0)
        return end if len(buffer) >= end else None
    while True:
        line_end = buffer.find(b"\r\n", start)
        if line_end < 0:
            return None
        size = int(buffer[start:line_end].partition(b";")[0], 16)
        start = line_end + 2 + size + 2
        if len(buffer) < start:
            return None
        if size == 0:
            return start


async def serve(port: int) -> None:
    """Serve on the loopback `port` until SIGTERM or SIGINT."""
    service = Service()
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: Connection(service), "127.0.0.1", port, backlog=4096)
    sys.stdout.write(f"serving on {server.sockets[0].getsockname()}\n")
    sys.stdout.flush()
    await stopped.wait()


def main() -> None:
    """Run the service from the command line."""
    parser = argparse.ArgumentParser(description="A web service that counts what it served.")
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
