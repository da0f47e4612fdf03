"""A real HTTP server on loopback that handles each request as its script says, and keeps accepted data."""

import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from locust_push.delivery.answer import NO_HEADERS
from locust_push.outputs.remote_write.paths import PROMETHEUS_PATH
from locust_push.outputs.remote_write.written import written_headers
from locust_push.testing.forward import forward
from locust_push.testing.http_server import HttpServer
from locust_push.testing.steps import Behaviour, Head, Reply, Step, accept
from locust_push.testing.store import ANY, Refused, Sample, SampleLabels, Store
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.remote_write.decode import decode
from locust_push.wire.remote_write.version import Version, version_of


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived.

    Attributes:
        time: When its body was read, seconds since the epoch.
        head: Method, path and headers.
        body: As much of the body as was read, as it came over the wire.
        complete: Whether that is all of it.
        accepted: Whether its data was stored, whatever was answered.
    """

    time: float
    head: Head
    body: bytes
    complete: bool
    accepted: bool

    def decoded(self) -> WriteRequest:
        """Decode the remote-write request in the body.

        Raises:
            ValueError: The body is not a remote-write request, or not complete.
        """
        return decode(self.body)

    @property
    def text(self) -> str:
        """The body as text, as pushed to a Pushgateway."""
        return self.body.decode(errors="replace")


class Receiver:
    """A remote-write receiver and Pushgateway that can be made to misbehave.

    Each request takes the next step of the script, or the default if there is none; both may be changed at any time. It
    serves within the ``with`` block, except between :meth:`down` and :meth:`up`. With ``forward_to`` it forwards each
    request that a step keeps to a real server. Queries, by which a run asks whether its ID is in use, take no step and
    are not listed in :attr:`requests`: when they come says nothing about the pushes.

    Attributes:
        default: The step for requests after the end of the script.
        port: The port, on 127.0.0.1.
    """

    def __init__(
        self,
        *script: Behaviour,
        default: Behaviour = accept(),  # noqa: B008  # frozen
        forward_to: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare; nothing listens yet.

        Args:
            script: Steps for the first requests, in order.
            default: The step after the script.
            forward_to: Base URL of the server behind it, such as ``http://127.0.0.1:9090``.
            tls: Serve HTTPS with this context, which holds the certificate.
        """
        self.default = default
        self.port = 0
        self._script = deque(script)
        self._forward_to = forward_to
        self._tls = tls
        self._server: HttpServer | None = None
        self._requests: list[Request] = []
        self._store = Store()
        self._changed = threading.Condition()

    def __repr__(self) -> str:
        return f"<Receiver {self.url} {'up' if self._server else 'down'}, {len(self._requests)} requests>"

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def url(self) -> str:
        """The base URL; a Pushgateway's ``--push-url``."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def write_url(self) -> str:
        """A remote-write ``--push-url``, with Prometheus' path."""
        return f"{self.url}{PROMETHEUS_PATH}"

    def up(self) -> None:
        """Listen, always on the same port. Does nothing if it already does.

        Raises:
            OSError: The port has been taken by another program.
        """
        if self._server is None:
            self._server = HttpServer(self.port, decide=self._decide, received=self._received, tls=self._tls)
            self.port = self._server.port

    def down(self) -> None:
        """Refuse connections, and close open ones. Does nothing if it is already down."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def script(self, *steps: Behaviour) -> None:
        """Add steps, after those that are still to be taken."""
        with self._changed:
            self._script.extend(steps)

    @property
    def requests(self) -> list[Request]:
        """All requests so far, in the order in which their bodies were read."""
        with self._changed:
            return list(self._requests)

    def wait_until(self, condition: Callable[[Self], bool], within: float = 10.0) -> None:
        """Wait for a condition, which is checked after each request.

        Raises:
            TimeoutError: The condition was not met within ``within`` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), within):
                raise TimeoutError(f"the condition was not met within {within:g} s: {self!r}")

    def series(self, metric: str | None = None, labels: Mapping[str, str] = ANY) -> list[SampleLabels]:
        """The remote-write series that were accepted; see :meth:`Store.series`."""
        with self._changed:
            return self._store.series(metric, labels)

    def samples(self, metric: str | None = None, labels: Mapping[str, str] = ANY) -> dict[SampleLabels, list[Sample]]:
        """The remote-write samples that were accepted, by series, oldest first; see :meth:`Store.samples`."""
        with self._changed:
            return self._store.samples(metric, labels)

    def total(self, metric: str, labels: Mapping[str, str] = ANY) -> float:
        """Return the sum of a counter over all accepted series; see :meth:`Store.total`."""
        with self._changed:
            return self._store.total(metric, labels)

    def groups(self) -> dict[str, str]:
        """Return the groups that were pushed to the Pushgateway: path to exposition text."""
        with self._changed:
            return self._store.groups()

    def _decide(self, head: Head) -> Step:
        if _is_query(head):
            return accept()
        with self._changed:
            behaviour = self._script.popleft() if self._script else self.default
        return behaviour(head) if callable(behaviour) else behaviour

    def _received(self, step: Step, head: Head, body: bytes, complete: bool) -> Reply:
        """Store a request; return the answer of a regular receiver."""
        kept = step.keeps and complete
        reply = forward(self._forward_to, head, body) if self._forward_to and kept else None
        with self._changed:
            mine = self._keep(head, body, reply) if kept and (reply is None or reply.ok) else reply
            if not _is_query(head):
                self._requests.append(Request(time.time(), head, body, complete, mine is not None and mine.ok))
            self._changed.notify_all()
        return mine or Reply(400, NO_HEADERS, b"the body is incomplete\n")

    def _keep(self, head: Head, body: bytes, reply: Reply | None) -> Reply:
        try:
            mine = _kept(self._store, head, body)
        except Refused as refused:
            mine = Reply(400, NO_HEADERS, f"{refused}\n".encode())
        return reply or mine


def _is_query(head: Head) -> bool:
    """Whether a request reads, by Prometheus' HTTP API ("Expression queries", "Querying metadata")."""
    return head.path.startswith(("/api/v1/query", "/api/v1/series", "/api/v1/labels", "/api/v1/label/"))


def _kept(kept: Store, head: Head, body: bytes) -> Reply:
    """Store the data; answer with the statuses of Prometheus and of the Pushgateway."""
    if head.method == "POST" and head.headers.get("content-encoding") == "snappy":
        return Reply(204, _written(kept.write(body), body), b"")
    if head.method == "GET":
        # The Pushgateway's list of groups, as far as the deletion of old groups needs it.
        return Reply(200, {"Content-Type": "application/json"}, b'{"status": "success", "data": []}')
    if head.method == "DELETE":
        kept.delete(head.path)
        return Reply(202, NO_HEADERS, b"")
    kept.push(head.path, body.decode(errors="replace"))
    return Reply(200, NO_HEADERS, b"")


def _written(request: WriteRequest, body: bytes) -> Mapping[str, str]:
    """Return the headers with which a 2.0 receiver answers ("Required Written Response Headers")."""
    if version_of(body) is Version.V1:
        return NO_HEADERS
    series = request.timeseries
    return written_headers(
        *(sum(len(getattr(one, kind)) for one in series) for kind in ("samples", "histograms", "exemplars"))
    )
