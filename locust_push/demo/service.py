"""A small web shop to put load on, with response times as services have them: most near the median, some far above.

The demo runs it in a thread. It also runs alone: ``python -m locust_push.demo.service --port 8000``.
"""

import argparse
import contextlib
import math
import random
import re
import sys
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

HOST = "127.0.0.1"
_POLL_SECONDS = 0.05
"""Between two looks at whether it is to end."""


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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer is one packet, and is sent at once.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "SampleService"

    def answer(self) -> None:
        """Answer one request."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = decide(f"{self.command} {self.path.partition('?')[0]}", self.server.slowdown, self.server.chance)
        time.sleep(answer.seconds)
        body = f'{{"status": "{answer.status.phrase}"}}\n'.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815  # the base class looks for these names

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class SampleService(ThreadingHTTPServer):
    """The service; within the ``with`` block it answers in threads.

    Attributes:
        slowdown: How many times slower than usual its database is; may be changed at any time.
        chance: Decides answers; from a seed, so that the demo comes out the same each time.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, host: str = HOST, port: int = 0, slowdown: float = 1.0, seed: int | None = 0) -> None:
        """Open the listening socket, on a free port for 0."""
        self.slowdown = slowdown
        self.chance = random.Random(seed)  # noqa: S311  # no secret
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do not log clients that closed their connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m locust_push.demo.service", description="A sample web shop.")
    parser.add_argument("--host", default=HOST, help="Address to listen on. Default: %(default)s.")
    parser.add_argument("--port", type=int, default=8000, help="Default: %(default)s.")
    parser.add_argument("--slowdown", type=float, default=1.0, help="Times slower than usual. Default: %(default)s.")
    arguments = parser.parse_args()
    service = SampleService(host=arguments.host, port=arguments.port, slowdown=arguments.slowdown, seed=None)
    with contextlib.suppress(KeyboardInterrupt):
        service.serve_forever()


if __name__ == "__main__":
    main()
