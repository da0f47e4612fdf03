"""Checks what each test writes to a real receiver by the rules of remote-write, request by request."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from locust_push.delivery.answer import NO_HEADERS
from locust_push.testing import Head, accept
from locust_push.testing.forward import forward
from locust_push.testing.http_server import HttpServer
from locust_push.testing.steps import Reply
from tests.request_rules import RequestRules

_ALL: list[CheckedWrites] = []


class CheckedWrites:
    """Stands before a receiver, and keeps the remote-write requests that it accepts until they are checked.

    Attributes:
        url: Its own.
        closed: Whether it accepts nothing more.
    """

    def __init__(self, receiver_url: Callable[[], str]) -> None:
        """Forward to the receiver at a URL that changes when it is started again."""
        self._receiver_url = receiver_url
        self.closed = False
        self._accepted: list[bytes] = []
        self._server = HttpServer(0, decide=lambda _: accept(), received=self._received, tls=None)
        self.url = f"http://127.0.0.1:{self._server.port}"
        _ALL.append(self)

    def close(self) -> None:
        """Stop listening; what was accepted is still to be checked."""
        self._server.close()
        self.closed = True

    def problems(self) -> Iterator[str]:
        """Find what is wrong with the requests since the last call."""
        rules = RequestRules()
        while self._accepted:
            yield from rules.problems(self._accepted.pop(0))

    def _received(self, _step: object, head: Head, body: bytes, complete: bool) -> Reply:  # its callers'
        if not complete:
            return Reply(400, NO_HEADERS, b"the body is incomplete\n")
        reply = forward(self._receiver_url(), head, body)
        if reply.ok and head.headers.get("content-encoding") == "snappy" and _is_stored(head, reply):
            self._accepted.append(body)
        return reply


def _is_stored(head: Head, reply: Reply) -> bool:
    """Whether a 2xx is from a receiver that knows the version; one of 1.0 stores nothing of a 2.0 request."""
    is_v2 = "io.prometheus.write.v2" in head.headers.get("content-type", "")
    return not is_v2 or any(name.lower().endswith("-written") for name in reply.headers)


def found_problems() -> list[str]:
    """Check what has been written through any of them since the last call."""
    found = [problem for each in _ALL for problem in each.problems()]
    _ALL[:] = [each for each in _ALL if not each.closed]
    return found
