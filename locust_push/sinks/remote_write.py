"""Prometheus remote-write: every snapshot in order, stale markers at the end, and which version a receiver takes.

Sources: "Prometheus Remote-Write 2.0 specification", sections "Unsupported Request Content" and "2.x vs 1.x
Compatibility". A request body tells its own version, so that what waits in memory or on disk may be of either one: it
is written anew when it is its turn, and keeps its place.
"""

import logging
import re
from collections.abc import Callable, Iterator

from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import Hints, Transport
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict
from locust_push.delivery.words import MAX_WORDS, shorten
from locust_push.delivery.written import UNSUPPORTED, UNWRITTEN, confirmed, says_written
from locust_push.urls import public_url
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write import HEADERS, RemoteWriteEncoder
from locust_push.wire.transcode import has_histograms, in_version, split
from locust_push.wire.version import Version, version_of

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

NATIVE = "native_histograms"
"""Reason: the receiver takes no native histograms."""

_NATIVE_MEND = (
    "a Prometheus takes native histograms with --enable-feature=native-histograms; "
    "response times go there as classic ones from now on, as with --push-histogram classic"
)
# Prometheus answers 500, which would be tried again for ever.
_REFUSES_NATIVE = re.compile(
    r"native.histograms?\b.*\b(disabled|unsupported|not (enabled|supported|allowed))", re.IGNORECASE
)


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
        native_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Write the encoder's version; if it is ``negotiable``, 1.0 for good where the receiver does not take it.

        ``native_refused`` is called when the receiver turns out to take no native histograms.
        """
        self.url = public_url(url)
        self._target = url
        self._transport = transport
        self._encoder = encoder
        self._negotiable = negotiable
        self._native_refused = native_refused
        self._known_to_take_v2 = False

    def __repr__(self) -> str:
        return f"<RemoteWriteSink {self.url} {self._encoder!r}>"

    def open(self) -> None:
        """Nothing to prepare: the first payload of a run finds out which version the receiver takes."""

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | None]:
        """Some 2,000 samples per payload."""
        return self._encoder.encode(snapshot)

    def end(self, snapshot: Snapshot) -> Iterator[Payload]:
        """A stale marker for every series."""
        return self._encoder.stale(snapshot)

    def attempt(self, payload: Payload) -> Verdict:
        """POST one write request, of either version; a 2.0 one as 1.0 where that has been settled."""
        if self._encoder.version is Version.V1:
            payload = in_version(payload, Version.V1)
        version = version_of(payload.body)
        verdict = self._transport.send("POST", self._target, payload.body, HEADERS[version], HINTS)
        if version is Version.V2:
            verdict = self._confirmed(verdict, payload)
        if isinstance(verdict, Retry | Rejected) and refuses_native(verdict, payload):
            return self._without_native(verdict)
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
            return Split((in_version(payload, Version.V2),) if payload.samples else ())
        return None

    def _does_not_take_v2(self, verdict: Rejected) -> bool:
        return verdict.reason == UNSUPPORTED or (verdict.reason == INVALID and not self._known_to_take_v2)

    def _fall_back(self, payload: Payload, verdict: Rejected) -> Split:
        """1.0 from now on, beginning with this payload."""
        self._encoder = self._encoder.replaced(version=Version.V1)
        logger.info("%s: does not take remote-write 2.0 (%s); 1.0 from now on", self.url, verdict.detail)
        return Split((in_version(payload, Version.V1),))

    def _without_native(self, verdict: Retry | Rejected) -> Rejected:
        """No native histograms from now on; those that wait are refused one by one, and with them nothing else."""
        if self._encoder.native:
            self._encoder = self._encoder.replaced(native=False)
            self._native_refused()
        return Rejected(NATIVE, f"{shorten(verdict.detail, MAX_WORDS // 2)} ({_NATIVE_MEND})")

    def _smaller(self, payload: Payload) -> Split | None:
        """Halve the payload, and what is encoded from now on; None where it cannot be halved any more."""
        parts = split(payload)
        if len(parts) < 2:
            return None
        if payload.samples <= self._encoder.max_samples:
            self._encoder = self._encoder.replaced(max_samples=max(1, payload.samples // 2))
        return Split(parts)


def refuses_native(verdict: Retry | Rejected, payload: Payload) -> bool:
    """Whether a receiver takes no native histograms: by its words or, in 2.0, by having written none of a request."""
    if isinstance(verdict, Rejected) and verdict.reason == UNWRITTEN:
        return not verdict.written and has_histograms(payload)
    return bool(_REFUSES_NATIVE.search(verdict.detail))
