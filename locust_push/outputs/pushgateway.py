"""Pushgateway: the newest snapshot replaces the group of this process, and groups of old runs are deleted.

Sources: the Pushgateway's README, sections "URL", "PUT method", "DELETE method" and "Query API".
"""

import json
import logging
import math
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from locust_push.config.urls import public_url
from locust_push.core.labels import INSTANCE, JOB, RUN_ID
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import Hints, Transport
from locust_push.delivery.verdict import Retry, Verdict
from locust_push.wire.payload import Pause, Payload

logger = logging.getLogger(__name__)

_NOT_ONE = "is it a Pushgateway? A remote-write URL ends in /api/v1/write, or add --push-protocol remote-write"
HINTS: Hints = {
    400: "type and help of a metric must be the same in all groups of a Pushgateway",
    404: f"{_NOT_ONE}; give the URL without /metrics",
    405: _NOT_ONE,
}
"""What the statuses of a misdirected push usually mean."""

MAX_LISTING = 16 << 20
"""Bytes. The list of groups holds all their metrics; on a gateway that holds more, pruning is the operator's job."""

# A slash ends a path segment, no segment at all has no value, and HTTP clients take dot segments out of a path.
_UNFIT = frozenset({"", ".", ".."})
_PUSH_TIMES = ("push_time_seconds", "push_failure_time_seconds")


class GatewayError(Exception):
    """The Pushgateway did not do what was asked of it; ``str()`` is one line with its own words."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group.

    Attributes:
        labels: Its grouping labels, ``job`` among them.
        last_push: Seconds since the epoch, a push that failed included; infinite if the gateway does not say.
    """

    labels: Mapping[str, str]
    last_push: float


@dataclass(frozen=True, slots=True)
class Retention:
    """Which groups are deleted at the start of a run: those of ``job`` that nobody pushed to for ``seconds``."""

    job: str
    seconds: float
    wall_clock: Callable[[], float]


class Encoder(Protocol):
    """One of the exposition formats."""

    @property
    def content_type(self) -> str:
        """Names the format to the gateway."""
        ...

    def encode(self, snapshot: Snapshot) -> Iterator[bytes]:
        """The body in parts; the caller may pause after each."""
        ...


class PushgatewaySink:
    """The group of this process on a Pushgateway."""

    newest_only = True

    def __init__(
        self,
        url: str,
        grouping: str,
        *,
        transport: Transport,
        encoder: Encoder,
        retention: Retention | None = None,
    ) -> None:
        """Push to ``url``, to the group at :func:`grouping_path`."""
        self.url = public_url(url)
        self._base = url
        self._target = _join(url, grouping)
        self._transport = transport
        self._encoder = encoder
        self._retention = retention

    def open(self) -> None:
        """Delete groups of old runs, if there is a retention."""
        if self._retention:
            kept = self._retention
            expire_groups(self._transport, self._base, kept.job, kept.seconds, kept.wall_clock())

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """One payload, since a PUT replaces all that the group holds; a pause after each part of it."""
        parts = []
        for part in self._encoder.encode(snapshot):
            parts.append(part)
            yield 0.0
        yield Payload(b"".join(parts), len(snapshot.values), snapshot.timestamp_ms)

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """The group once more where something is new in it; it stays to be scraped until the retention is over."""
        return self.encode(snapshot) if snapshot.known < len(snapshot.values) else iter(())

    def attempt(self, payload: Payload) -> Verdict:
        """PUT the group."""
        return self._transport.send(
            "PUT", self._target, payload.body, {"Content-Type": self._encoder.content_type}, HINTS
        )

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()


def grouping_path(job: str, run_id: str, instance: str) -> str:
    """``/metrics/job/<job>/run_id/<run_id>/instance/<instance>``, with ``@base64`` where a value needs it."""
    return group_path({JOB: job, RUN_ID: run_id, INSTANCE: instance})


def expire_groups(transport: Transport, base_url: str, job: str, older_than_s: float, now: float) -> int:
    """Delete the groups of ``job`` to which nobody has pushed for ``older_than_s``; returns how many.

    A push that failed counts as one: somebody is still there. A failure is logged, once, and never raised.

    Args:
        transport: How to reach the Pushgateway.
        base_url: Its URL, with the prefix path if it has one.
        job: The label ``job`` of groups that may go.
        older_than_s: Age of the last push, in seconds.
        now: Wall-clock time, seconds since the epoch.
    """
    deleted = 0
    try:
        for group in expired(list_groups(transport, base_url), job, now - older_than_s):
            delete_group(transport, base_url, group)
            deleted += 1
    except GatewayError as error:
        logger.warning("%s: could not delete groups of old runs: %s", public_url(base_url), error)
    return deleted


def list_groups(transport: Transport, base_url: str) -> list[Group]:
    """Return all groups on a Pushgateway.

    Raises:
        GatewayError: It did not give the list.
    """
    listing = _ask(transport, "GET", _join(base_url, "/api/v1/metrics"))
    try:
        return [Group(dict(group["labels"]), _last_push(group)) for group in json.loads(listing)["data"]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise GatewayError(f"not the list of groups that a Pushgateway sends ({type(error).__name__})") from error


def expired(groups: Iterable[Group], job: str, before: float) -> list[Group]:
    """Return the groups of ``job`` to which nobody has pushed since ``before``, seconds since the epoch."""
    return [group for group in groups if group.labels.get(JOB) == job and group.last_push < before]


def delete_group(transport: Transport, base_url: str, group: Group) -> None:
    """Delete one group.

    Raises:
        GatewayError: The Pushgateway did not.
    """
    _ask(transport, "DELETE", _join(base_url, group_path(group.labels)))


def _ask(transport: Transport, method: str, url: str) -> bytes:
    answer = transport.exchange(method, url, limit=MAX_LISTING)
    if isinstance(answer, Retry):
        raise GatewayError(f"{answer.reason}: {answer.detail}")
    if not answer.ok:
        raise GatewayError(f"http_{answer.status}: {answer.words}")
    if not answer.complete:
        raise GatewayError(f"the answer broke off, or is longer than {MAX_LISTING >> 20} MiB")
    return answer.body


def _last_push(group: dict[str, Any]) -> float:
    """Seconds since the epoch; infinite if the group does not say."""
    times = [float(group[name]["metrics"][0]["value"]) for name in _PUSH_TIMES if name in group]
    return max(times, default=math.inf)


def group_path(labels: Mapping[str, str]) -> str:
    """The path of a group: ``job`` comes first, the other labels follow in any order."""
    names = ["job", *(name for name in labels if name != "job")]
    return "/metrics" + "".join(_segments(name, labels[name]) for name in names)


def _segments(name: str, value: str) -> str:
    if "/" in value or value in _UNFIT:
        return f"/{name}@base64/{urlsafe_b64encode(value.encode()).decode() or '='}"
    return f"/{name}/{quote(value, safe='')}"


def _join(base_url: str, path: str) -> str:
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path))
