"""Pushes by remote-write: every snapshot in order, and staleness markers at the end.

A request body shows its version, so that requests in memory or on disk may be of either one: they are converted when
they are sent, in order.

Two greenlets use a sink. The encoding one owns the encoder; the delivering one owns everything else, and decides the
form of later requests.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import takewhile

import snappy

from locust_push.config.urls import public_url
from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.custom.names import OWN_NAMES
from locust_push.delivery.answer import Hints, Transport
from locust_push.delivery.retry import INVALID, TOO_LARGE
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.outputs.remote_write.negotiation import Negotiation
from locust_push.outputs.remote_write.paths import PROMETHEUS_PATH
from locust_push.outputs.remote_write.refusals import already_has, native_refused, refuses_native, with_remedy
from locust_push.outputs.remote_write.written import UNSUPPORTED
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.remote_write.encoder import EMPTY_REQUEST_V2, HEADERS, MAX_REQUEST_BYTES, RemoteWriteEncoder
from locust_push.wire.remote_write.transcode import in_version, parted, split
from locust_push.wire.remote_write.version import Version, version_of

_PATH = f"Prometheus accepts remote-write at {PROMETHEUS_PATH}"
HINTS: Hints = {
    404: f"{_PATH}, and only with --web.enable-remote-write-receiver",
    405: f"{_PATH}; if it is a Pushgateway, add --push-protocol pushgateway",
    415: "check that it is a remote-write receiver of this version; --push-protocol remote-write detects the version",
}
"""The usual causes of the statuses of a misdirected write."""

ANSWER_PAUSES: tuple[Pause, ...] = tuple(0.001 * 2**turn for turn in range(8))
"""Pauses in which the first snapshot waits for the answer to the first request: a quarter of a second in all."""

_UNSURE = 8
"""Most payloads that are remembered as possibly stored: the one that is retried, or its parts."""


class RemoteWriteSink:
    """A remote-write receiver."""

    newest_only = False

    def __init__(
        self,
        url: str,
        *,
        transport: Transport,
        labels: Labels,
        only: Version | None = None,
        replays: bool = False,
        on_native_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Write to ``url``.

        Args:
            url: With its query.
            transport: How to reach it.
            labels: Of every series that is encoded.
            only: The version of the protocol; None to detect which one the receiver supports.
            replays: Whether the receiver may already have any of the payloads.
            on_native_refused: Called once, when the receiver turns out not to accept native histograms.
        """
        self.url = public_url(url)
        self._target = url
        self._transport = transport
        self._negotiation = Negotiation(self.url, only)
        self._max_bytes = MAX_REQUEST_BYTES
        self._native = True
        self._encoder = RemoteWriteEncoder(labels, self._negotiation.version)
        self._asked = False
        self._replays = replays
        self._unsure: deque[Payload] = deque(maxlen=_UNSURE)
        self._takes_samples = False
        self._on_native_refused = on_native_refused

    def __repr__(self) -> str:
        return f"<RemoteWriteSink {self.url} {self._negotiation!r} {self._encoder!r}>"

    def open(self) -> None:
        """Do nothing: the first payload detects which version the receiver supports."""

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Yield payloads of some 2,000 samples; the first one is empty, and detects the receiver's version.

        Requests that are encoded before the answer might have to be converted, which takes fifteen times as long as
        encoding.
        """
        if not self._negotiation.settled and not self._asked:
            self._asked = True
            yield Payload(EMPTY_REQUEST_V2, 0, snapshot.timestamp_ms)
            yield from takewhile(lambda _: not self._negotiation.settled, ANSWER_PAUSES)
        yield from self._current_encoder().encode(snapshot)

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Yield new series, and a stale marker for every series."""
        return self._current_encoder().end(snapshot)

    def attempt(self, payload: Payload) -> Verdict:
        """POST one write request, in a version that the receiver supports as far as known."""
        sent = _in_version(payload, self._negotiation.version_for(version_of(payload.body)))
        version = version_of(sent.body)
        verdict = self._transport.send("POST", self._target, sent.body, HEADERS[version], HINTS)
        verdict = self._negotiation.learn(version, sent, verdict)
        if self._may_have(payload) and isinstance(verdict, Rejected) and already_has(verdict):
            # The receiver had stored it when the connection broke. It contains two samples of a new series (0 comes
            # before the first value), of which the older one is then out of order; Prometheus refuses the request as a
            # whole.
            return Delivered(known=True)
        if isinstance(verdict, Retry | Rejected) and refuses_native(verdict, sent):
            self._leave_native_out()
            return native_refused(verdict)
        if isinstance(verdict, Rejected):
            return self._in_another_form(sent, version, verdict)
        if isinstance(verdict, Retry):
            self._unsure.append(payload)
        self._takes_samples |= isinstance(verdict, Delivered) and bool(sent.samples)
        return verdict

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()

    def _current_encoder(self) -> RemoteWriteEncoder:
        self._encoder = self._encoder.in_form(self._negotiation.version, self._max_bytes, native=self._native)
        return self._encoder

    def _may_have(self, payload: Payload) -> bool:
        """Whether an earlier attempt may have been stored."""
        if payload in self._unsure:
            self._unsure.remove(payload)
            return True
        return self._replays

    def _in_another_form(self, payload: Payload, version: Version, verdict: Rejected) -> Verdict:
        """Return what to try instead of a refused payload, or else the final verdict."""
        other = self._negotiation.other_version(version, verdict)
        if other is not None and (rewritten := self._rewritten(payload, other, verdict)):
            return rewritten
        if verdict.reason == UNSUPPORTED:
            return Retry(verdict.reason, verdict.detail, needs_fix=True)
        if verdict.reason == TOO_LARGE:
            return self._smaller(payload, verdict)
        if verdict.reason == INVALID and not verdict.written:
            return _apart(payload) or with_remedy(verdict)
        return with_remedy(verdict)

    def _rewritten(self, payload: Payload, version: Version, verdict: Rejected) -> Split | None:
        try:
            rewritten = in_version(payload, version)
        except ValueError:
            return None
        if not payload.samples:
            return Split(())  # the request that detects the version, or metadata, which 2.0 does not send separately
        if verdict.reason == UNSUPPORTED:
            # Some servers have stored it nevertheless: Prometheus 3.5 does, when configured to accept 1.0 only.
            self._unsure.append(rewritten)
        return Split((rewritten,))

    def _leave_native_out(self) -> None:
        """Send no native histograms from now on; waiting ones are refused separately from other data."""
        if self._native:
            self._native = False
            self._on_native_refused()

    def _smaller(self, payload: Payload, verdict: Rejected) -> Verdict:
        """Halve the payload, and the size of later requests.

        In bytes, which receivers limit: a few series with long names can weigh more than 2,000 others.
        A receiver that refuses two successive requests of a single series refuses everything, whatever its size.
        """
        parts = split(payload)
        if len(parts) > 1:
            self._max_bytes = min(self._max_bytes, max(1, len(snappy.uncompress(payload.body)) // 2))
            return Split(parts)
        if self._takes_samples:
            self._takes_samples = False
            return verdict
        self._max_bytes = MAX_REQUEST_BYTES
        return Retry(verdict.reason, verdict.detail, needs_fix=True)


def _in_version(payload: Payload, version: Version) -> Payload:
    """Return the payload in a version; unchanged if it cannot be read, so that the receiver decides about it."""
    try:
        return in_version(payload, version)
    except ValueError:
        return payload


def _apart(payload: Payload) -> Split | None:
    """Split our own series and the locustfile's into separate requests, so that a refusal affects only one."""
    parts = parted(payload, OWN_NAMES)
    return Split(parts) if len(parts) > 1 else None
