"""Prometheus remote-write: every snapshot in order, stale markers at the end."""

import re
from collections.abc import Iterator

from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import Hints, Transport
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.urls import public_url
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write_v1 import HEADERS, RemoteWriteEncoder, split

TOO_LARGE = "http_413"
"""The reason of a verdict that smaller requests may mend (RFC 9110 section 15.5.14)."""

_PATH = "a Prometheus takes remote-write at /api/v1/write"
HINTS: Hints = {
    404: f"{_PATH}, and only with --web.enable-remote-write-receiver",
    405: f"{_PATH}; if it is a Pushgateway, add --push-protocol pushgateway",
    415: "is it a remote-write receiver?",
}
"""What the statuses of a misdirected write usually mean."""


class RemoteWriteSink:
    """A remote-write receiver."""

    newest_only = False

    def __init__(self, url: str, *, transport: Transport, encoder: RemoteWriteEncoder) -> None:
        self.url = public_url(url)
        self._target = url
        self._transport = transport
        self._encoder = encoder
        self._unsure: Payload | None = None

    def open(self) -> None:
        """Nothing to prepare."""

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | None]:
        """Some 2,000 samples per payload."""
        return self._encoder.encode(snapshot)

    def end(self, snapshot: Snapshot) -> Iterator[Payload]:
        """A stale marker for every series."""
        return self._encoder.stale(snapshot)

    def attempt(self, payload: Payload) -> Verdict:
        """POST one write request."""
        verdict = self._transport.send("POST", self._target, payload.body, HEADERS, HINTS)
        if payload is self._unsure and isinstance(verdict, Rejected) and already_has(verdict):
            # The receiver had taken it when the connection broke. It holds two samples of a new series (0 comes before
            # the first value), of which the older one is then out of order; Prometheus refuses the request as a whole.
            return Delivered()
        self._unsure = payload if isinstance(verdict, Retry) else None
        if isinstance(verdict, Rejected) and verdict.reason == TOO_LARGE:
            return self._smaller(payload) or verdict
        return verdict

    def _smaller(self, payload: Payload) -> Split | None:
        """Halve the payload, and what is encoded from now on; None where it cannot be halved any more."""
        parts = split(payload)
        if len(parts) < 2:
            return None
        self._encoder = self._encoder.halving(payload)
        return Split(parts)

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()


# Prometheus, and Thanos with 409: "out of order sample", "duplicate sample for timestamp"; Mimir writes it with dashes.
# VictoriaMetrics takes everything again.
_HAS_IT = re.compile(r"out.of.order|duplicate.sample|duplicate.timestamp", re.IGNORECASE)
_TOO_OLD = re.compile(r"out.of.bounds|too.old|too far in the past", re.IGNORECASE)


def already_has(verdict: Rejected) -> bool:
    """Whether a receiver refused data because it has it: it holds the same sample, or a newer one of the series.

    Requests of one process are sent in order and stored whole, so that a newer sample means that this one was stored
    before, unless it was lost on the way to this receiver. Then it takes the sample no more, whoever sends it.
    """
    words = verdict.detail
    return verdict.reason in {"http_400", "http_409"} and bool(_HAS_IT.search(words)) and not is_too_old(words)


def is_too_old(words: str) -> bool:
    """Whether a receiver says that data is older than what it takes: it may be there or not, and mostly is not."""
    return bool(_TOO_OLD.search(words))
