"""A small web shop to put load on, with response times as services have them: most near the median, some far above.

The demo runs it in a thread. It also runs alone: ``python -m locust_push.demo.service --port 8000``.
"""

import argparse
import asyncio
import contextlib
import math
import random
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

HOST = "127.0.0.1"
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Route:
    """How one kind of request is answered.

    Attributes:
        request: What method and path must match.
        median: Response time that half of the requests stay below, seconds.
        spread: Standard deviation of its logarithm; 0.5 puts the 99th percentile at 3.2 times the median.
        error_rate: Share that fails with 503.
        asks_database: Whether a slow database slows it down.
    """

    request: re.Pattern[str]
    median: float
    spread: float
    error_rate: float = 0.0
    asks_database: bool = True


ROUTES = (
    Route(re.compile(r"GET /"), 0.004, 0.3, asks_database=False),
    Route(re.compile(r"GET /products"), 0.020, 0.4, 0.002),
    Route(re.compile(r"GET /products/\d+"), 0.012, 0.4, 0.002),
    Route(re.compile(r"POST /cart"), 0.030, 0.5, 0.01),
    Route(re.compile(r"POST /checkout"), 0.060, 0.5, 0.03),
)


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """The answer to a request, decided before anything is waited for or written."""

    status: HTTPStatus
    seconds: float


def decide(request: str, slowdown: float, chance: random.Random) -> ServiceAnswer:
    """Return the answer to a request such as ``GET /products``; ``slowdown`` multiplies the database's time."""
    route = next((route for route in ROUTES if route.request.fullmatch(request)), None)
    if route is None:
        return ServiceAnswer(HTTPStatus.NOT_FOUND, 0.0)
    seconds = chance.lognormvariate(math.log(route.median), route.spread)
    failed = chance.random() < route.error_rate
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    return ServiceAnswer(status, seconds * slowdown if route.asks_database else seconds)


class SampleService:
    """The service in a separate thread, on a free loopback port, for the duration of the ``with`` block.

    Attributes:
        slowdown: How many times slower than usual its database is; may be changed at any time.
    """

    def __init__(self, *, slowdown: float = 1.0, seed: int = 0) -> None:
        """Open the listening socket; requests are answered within the ``with`` block."""
        self.slowdown = slowdown
        self._socket = socket.create_server((HOST, 0))
        self._chance = random.Random(seed)  # noqa: S311  # a demo that comes out the same each time, no secret
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sample service", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        serving = self._loop.create_task(serve(self._socket, lambda: self.slowdown, self._chance))
        self._loop.run_forever()
        serving.cancel()
        # Open connections are dropped: no client waits for an answer any more.
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.close()


async def serve(listener: socket.socket, slowdown: Callable[[], float], chance: random.Random) -> None:
    """Answer requests on a listening socket until cancelled; ``slowdown`` is called for each of them."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read_request(reader):
                answer = decide(request, slowdown(), chance)
                await asyncio.sleep(answer.seconds)
                writer.write(_encode(answer.status))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass  # the client has closed the connection, or does not send HTTP
        finally:
            writer.close()

    async with await asyncio.start_server(connected, sock=listener) as server:
        await server.serve_forever()


async def _read_request(reader: asyncio.StreamReader) -> str:
    """Read a whole request and return its method and path, without the query.

    Raises:
        asyncio.IncompleteReadError: The client has closed the connection.
        ValueError: It is not HTTP.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    method, target, _ = head.split(" ", 2)
    length = re.search(r"\r\ncontent-length: *(\d+)\r\n", head, re.IGNORECASE)
    if length:
        await reader.readexactly(int(length[1]))
    return f"{method} {target.partition('?')[0]}"


def _encode(status: HTTPStatus) -> bytes:
    body = f'{{"status": "{status.phrase}"}}\n'
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n{body}".encode()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m locust_push.demo.service", description="A sample web shop.")
    parser.add_argument("--host", default=HOST, help="Address to listen on. Default: %(default)s.")
    parser.add_argument("--port", type=int, default=8000, help="Default: %(default)s.")
    parser.add_argument("--slowdown", type=float, default=1.0, help="Times slower than usual. Default: %(default)s.")
    arguments = parser.parse_args()
    listener = socket.create_server((arguments.host, arguments.port))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(listener, lambda: arguments.slowdown, random.Random()))  # noqa: S311  # no secret


if __name__ == "__main__":
    main()
