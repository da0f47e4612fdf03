"""Pushes the newest snapshot to a Pushgateway, replacing the group of this process.

Sources: the Pushgateway's README, sections "URL" and "PUT method".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from locust_push.config.urls import public_url
from locust_push.core.clock import Clock
from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import Hints, Transport
from locust_push.delivery.retry import INVALID
from locust_push.delivery.verdict import Delivered, Rejected, Verdict
from locust_push.outputs.destination import RunPart
from locust_push.outputs.pushgateway.conflicts import LeftOut
from locust_push.outputs.pushgateway.groups import expire_groups, grouping_path, joined_url
from locust_push.wire.exposition.families import content_type, families
from locust_push.wire.exposition.text import TextEncoder
from locust_push.wire.payload import Pause, Payload

_NOT_ONE = "is it a Pushgateway? A remote-write URL ends in /api/v1/write, or add --push-protocol remote-write"
HINTS: Hints = {
    400: "the type of a metric must be the same in all groups of a Pushgateway",
    404: f"{_NOT_ONE}; give the URL without /metrics",
    405: _NOT_ONE,
}
"""The usual causes of the statuses of a misdirected push."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The groups that are deleted at the start of a run: those of ``job`` without a push for ``seconds``."""

    job: str
    seconds: float
    wall_clock: Clock


class Encoder(Protocol):
    """One of the exposition formats."""

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
        self._target = joined_url(url, grouping)
        self._transport = transport
        self._encoder = encoder
        self._retention = retention
        self._left_out = LeftOut()

    def open(self) -> None:
        """Delete groups of old runs, if there is a retention."""
        if self._retention:
            kept = self._retention
            expire_groups(self._transport, self._base, kept.job, kept.seconds, kept.wall_clock())

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """One payload, since a PUT replaces the whole group; pauses after each part of it."""
        parts = []
        for part in self._encoder.encode(snapshot):
            parts.append(part)
            yield 0.0
        yield Payload(b"".join(parts), len(snapshot.values), snapshot.timestamp_ms)

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """The group again if it contains something new; it stays, to be scraped, until the retention is over."""
        return self.encode(snapshot) if snapshot.known < len(snapshot.values) else iter(())

    def attempt(self, payload: Payload) -> Verdict:
        """PUT the group; refused families are left out from now on, and the rest is pushed."""
        verdict = self._put(sent := self._left_out.of(payload))
        while isinstance(verdict, Rejected) and verdict.reason == INVALID and self._left_out.learn(sent, verdict):
            verdict = self._put(sent := self._left_out.of(payload))
        if isinstance(verdict, Delivered):
            return self._left_out.refusal(sent.samples) or verdict
        return verdict

    def _put(self, payload: Payload) -> Verdict:
        return self._transport.send(
            "PUT", self._target, payload.body, {"Content-Type": content_type(payload.body)}, HINTS
        )

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()


def pushgateway_sink(url: str, transport: Transport, part: RunPart, wall_clock: Clock) -> PushgatewaySink:
    """Return the sink of one process in a run; only the master or local process deletes old groups."""
    speaks_for_run = part.describe is not None
    return PushgatewaySink(
        url,
        grouping_path(part.job, part.run_id, part.instance),
        transport=transport,
        encoder=_exposition(part.labels, native=part.native),
        retention=Retention(part.job, part.retention, wall_clock) if part.retention and speaks_for_run else None,
    )


def recorded_exposition(body: bytes) -> Payload:
    """Return the payload of a recorded body; if it cannot be read the receiver decides about it."""
    try:
        return Payload(body, sum(one.samples for one in families(body)), 0)
    except ValueError:
        return Payload(body, 0, 0)


def _exposition(labels: Labels, *, native: bool) -> Encoder:
    if not native:
        return TextEncoder(labels)
    from locust_push.wire.exposition.protobuf import ProtobufEncoder  # noqa: PLC0415 - takes 70 ms

    return ProtobufEncoder(labels)
