"""Prometheus remote-write: every snapshot in order, stale markers at the end, and which version a receiver takes.

Sources: "Prometheus Remote-Write 2.0 specification", sections "Unsupported Request Content" and "2.x vs 1.x
Compatibility". A request body tells its own version, so that what waits in memory or on disk may be of either one: it
is written anew when it is its turn, and keeps its place.
"""

import logging
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from locust_push.config.targets import Protocol, Target
from locust_push.config.urls import public_url
from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import Hints, Transport
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.delivery.written import UNSUPPORTED, confirmed, says_written
from locust_push.outputs.native_refusal import native_refused, refuses_native
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.remote_write.encoder import HEADERS, RemoteWriteEncoder
from locust_push.wire.remote_write.transcode import in_version, split
from locust_push.wire.remote_write.version import Version, version_of

logger = logging.getLogger(__name__)

TOO_LARGE = "http_413"
"""The reason of a verdict that smaller requests may mend (RFC 9110 section 15.5.14)."""

INVALID = "http_400"
"""What 1.x receivers may answer to 2.0 as well ("Unsupported Request Content")."""

_PATH = "a Prometheus takes remote-write at /api/v1/write"
HINTS: Hints = {
    404: f"{_PATH}, and only with --web.enable-remote-write-receiver",
    405: f"{_PATH}; if it is a Pushgateway, add --push-protocol pushgateway",
    415: "is it a remote-write receiver, and of this version? --push-protocol remote-write finds out",
}
"""What the statuses of a misdirected write usually mean."""


ANSWER_PAUSES: tuple[Pause, ...] = tuple(0.001 * 2**turn for turn in range(8))
"""Pauses in which the rest of a snapshot waits for the answer to its first payload: a quarter of a second in all."""


_UNSURE = 8
"""Payloads of which it is remembered that they may be there: the one that is tried again, or the parts of the first."""


@dataclass(slots=True)
class _Opening:
    """The first payload while nobody knows yet which version the receiver takes.

    Attributes:
        payload: In the version that is tried.
        snapshot: What it is the beginning of.
        end: Index after its last series.
        rest: What comes after it in the other version, once it has been encoded anew.
    """

    payload: Payload
    snapshot: Snapshot
    end: int
    rest: Iterator[Payload | Pause] | None = None

    def encoded_anew(self, encoder: RemoteWriteEncoder) -> tuple[Payload, ...]:
        """The same series by another encoder, of which no request goes beyond ``end``."""
        payloads = encoder.encode(self.snapshot)
        anew: list[Payload] = []
        for payload in payloads:
            if isinstance(payload, Payload):
                anew.append(payload)
                if encoder.known >= self.end:
                    break
        self.rest = payloads
        return tuple(anew)


class RemoteWriteSink:
    """A remote-write receiver."""

    newest_only = False

    def __init__(
        self,
        url: str,
        *,
        transport: Transport,
        encoder: RemoteWriteEncoder,
        negotiable: bool = False,
        on_native_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Write the encoder's version; if it is ``negotiable``, 1.0 for good where the receiver does not take it.

        ``on_native_refused`` is called once, when the receiver turns out to take no native histograms.
        """
        self.url = public_url(url)
        self._target = url
        self._transport = transport
        self._encoder = encoder
        self._unsure: deque[Payload] = deque(maxlen=_UNSURE)
        self._negotiable = negotiable
        self._on_native_refused = on_native_refused
        self._known_to_take_v2 = False
        self._opened = False
        self._opening: _Opening | None = None

    def __repr__(self) -> str:
        return f"<RemoteWriteSink {self.url} {self._encoder!r}>"

    def open(self) -> None:
        """Nothing to prepare: the first payload of a run finds out which version the receiver takes."""

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Some 2,000 samples per payload; after the first of all, a moment for the receiver to say what it takes."""
        payloads = self._encoder.encode(snapshot)
        if self._settled or self._opened:
            return payloads
        self._opened = True
        return self._open_with(payloads, snapshot)

    def _open_with(self, payloads: Iterator[Payload | Pause], snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """To write anew what is encoded already takes fifteen times as long as to encode it, and holds up the users."""
        for payload in payloads:
            if isinstance(payload, Payload):
                opening = self._opening = _Opening(payload, snapshot, self._encoder.known)
                break
            yield payload
        else:
            return
        yield opening.payload
        for pause in ANSWER_PAUSES:
            if self._settled:
                break
            yield pause
        self._opening = None
        yield from opening.rest or payloads

    @property
    def _settled(self) -> bool:
        """Whether it is known which version the receiver takes."""
        return not self._negotiable or self._known_to_take_v2 or self._encoder.version is Version.V1

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """The series that are new, and a stale marker for every series."""
        return self._encoder.end(snapshot)

    def attempt(self, payload: Payload) -> Verdict:
        """POST one write request, of either version; a 2.0 one as 1.0 where that has been settled."""
        attempted = payload
        if self._encoder.version is Version.V1:
            payload = in_version(payload, Version.V1)
        version = version_of(payload.body)
        verdict = self._transport.send("POST", self._target, payload.body, HEADERS[version], HINTS)
        maybe_there = attempted in self._unsure
        if maybe_there:
            self._unsure.remove(attempted)
        if maybe_there and isinstance(verdict, Rejected) and already_has(verdict):
            # The receiver had taken it when the connection broke. It holds two samples of a new series (0 comes before
            # the first value), of which the older one is then out of order; Prometheus refuses the request as a whole.
            return Delivered()
        if isinstance(verdict, Retry):
            self._unsure.append(attempted)
        if version is Version.V2:
            verdict = self._confirmed(verdict, payload)
        if isinstance(verdict, Retry | Rejected) and refuses_native(verdict, payload):
            self._leave_native_out()
            return native_refused(verdict)
        if isinstance(verdict, Rejected):
            return self._in_another_form(payload, version, verdict) or verdict
        return verdict

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()

    def _confirmed(self, verdict: Verdict, payload: Payload) -> Verdict:
        verdict = confirmed(verdict, payload.samples)
        if isinstance(verdict, Delivered | Rejected) and says_written(verdict.headers):
            self._known_to_take_v2 = True
        return verdict

    def _in_another_form(self, payload: Payload, version: Version, verdict: Rejected) -> Split | None:
        """What to try instead of a payload that was refused; None where nothing is left to try."""
        if verdict.reason == TOO_LARGE:
            return self._smaller(payload)
        if version is Version.V2 and self._negotiable and self._does_not_take_v2(verdict):
            return self._fall_back(payload, verdict)
        if version is Version.V1 and self._encoder.version is Version.V2 and verdict.reason == UNSUPPORTED:
            return self._as_v2(payload)
        return None

    def _as_v2(self, payload: Payload) -> Split | None:
        """What was recorded as 1.0, for a receiver of 2.0 alone; there, metadata is not by itself."""
        try:
            upgraded = in_version(payload, Version.V2)
        except ValueError:
            return None
        return Split((upgraded,) if payload.samples else ())

    def _does_not_take_v2(self, verdict: Rejected) -> bool:
        return verdict.reason == UNSUPPORTED or (verdict.reason == INVALID and not self._known_to_take_v2)

    def _fall_back(self, payload: Payload, verdict: Rejected) -> Split:
        """1.0 from now on, beginning with this payload."""
        opening = self._opening if self._opening and self._opening.payload is payload else None
        self._encoder = self._encoder.of_version(Version.V1, opening.end if opening else None)
        logger.info("%s: does not take remote-write 2.0 (%s); 1.0 from now on", self.url, verdict.detail)
        as_v1 = opening.encoded_anew(self._encoder) if opening else (in_version(payload, Version.V1),)
        if verdict.reason == UNSUPPORTED:
            # Some have stored it all the same: Prometheus 3.5 does, when it is told to take 1.0 alone.
            self._unsure += as_v1
        return Split(as_v1)

    def _leave_native_out(self) -> None:
        """None from now on; those that wait are refused one by one, and nothing else with them."""
        if self._encoder.native:
            self._encoder = self._encoder.without_native()
            self._on_native_refused()

    def _smaller(self, payload: Payload) -> Split | None:
        """Halve the payload, and what is encoded from now on; None where it cannot be halved any more."""
        parts = split(payload)
        if len(parts) < 2:
            return None
        self._encoder = self._encoder.halving(payload)
        return Split(parts)


def remote_write_sink(
    target: Target, transport: Transport, labels: Labels, *, on_native_refused: Callable[[], None] = lambda: None
) -> RemoteWriteSink:
    """The sink of a target; ``labels`` go with every series that it encodes."""
    version = Version.V1 if target.protocol is Protocol.REMOTE_WRITE_1 else Version.V2
    return RemoteWriteSink(
        target.url,
        transport=transport,
        encoder=RemoteWriteEncoder(labels, version),
        negotiable=target.protocol is Protocol.REMOTE_WRITE,
        on_native_refused=on_native_refused,
    )


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
