"""A transport that records requests, and a snapshot to send."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import ANSWER_BYTES, NO_HEADERS, NO_HINTS, Hints, HttpAnswer
from locust_push.delivery.verdict import Delivered, Retry, Verdict
from locust_push.outputs.sink import Sink
from locust_push.wire.payload import Payload
from tests.unit.wire.messages import payloads_of

REQUESTS = Metric("locust_requests_total", MetricType.COUNTER, "Requests made.")
USERS = Metric("locust_users", MetricType.GAUGE, "Simulated users.")


def snapshot() -> Snapshot:
    """A counter and a gauge."""
    return Snapshot(2000, 1000, [Series(REQUESTS, (("name", "/a"),)), Series(USERS)], [3.0, 1.0], known=0)


@dataclass
class FakeTransport:
    """Notes requests; answers those of ``exchange`` by method and URL, with 202 where it knows none.

    ``send`` gives the ``verdicts`` in order, and ``Delivered`` after them.
    """

    answers: Mapping[tuple[str, str], HttpAnswer | Retry] = field(default_factory=dict)
    sent: list[tuple[str, str, bytes, dict[str, str], Hints]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    closed: int = 0
    verdicts: list[Verdict] = field(default_factory=list)

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Record the request."""
        self.sent.append((method, url, body, dict(headers), hints))
        return self.verdicts.pop(0) if self.verdicts else Delivered()

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes = b"",  # noqa: ARG002 - the interface's
        headers: Mapping[str, str] = NO_HEADERS,  # noqa: ARG002
        *,
        limit: int = ANSWER_BYTES,  # noqa: ARG002
    ) -> HttpAnswer | Retry:
        """Record the request and answer it."""
        self.asked.append((method, url))
        return self.answers.get((method, url), HttpAnswer(202, {}, "Accepted", b"", complete=True))

    def close(self) -> None:
        """Record the call."""
        self.closed += 1

    def deleted(self) -> Iterator[str]:
        """Return the URLs of DELETE requests."""
        return (url for method, url in self.asked if method == "DELETE")


def listing(*groups: object) -> HttpAnswer:
    """Return the answer to ``GET /api/v1/metrics``."""
    body = json.dumps({"status": "success", "data": groups}).encode()
    return HttpAnswer(200, {}, "…", body, complete=True)


def left_by(run_id: str, job: str = "locust", instance: str = "host") -> dict[str, str]:
    """Return the labels of the group of a process in a run."""
    return {"job": job, "run_id": run_id, "instance": instance}


def group(labels: dict[str, str], *, metric: str = "locust_push_queue_bytes", **times: str) -> dict[str, object]:
    """Return a group in it, with a metric and the values of its push time metrics."""
    metrics = {
        name: {"type": "GAUGE", "metrics": [{"labels": labels, "value": value}]}
        for name, value in {**times, metric: "0"}.items()
    }
    return {"labels": labels, "last_push_successful": True, **metrics}


def payloads(sink: Sink) -> list[Payload]:
    """Return a sink's payloads of the snapshot."""
    return payloads_of(sink.encode(snapshot()))
