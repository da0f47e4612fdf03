"""The result of one attempt to deliver one payload."""

from collections.abc import Mapping
from dataclasses import field

from locust_push.core.record import record
from locust_push.delivery.server_text import shorten
from locust_push.wire.payload import Payload


@record(frozen=True, slots=True)
class Delivered:
    """The receiver has it.

    Attributes:
        headers: Of its answer, if there was one; names are looked up without regard to case.
        known: Whether it had the payload before.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    known: bool = False


@record(frozen=True, slots=True)
class Retry:
    """The receiver does not have it, or may not have it; retry.

    Attributes:
        reason: Short type from a bounded set, used as a label and to log once per type: ``timeout``, ``connection``,
            ``http_503``.
        detail: Error text of the server or library, at most 1 KiB, secrets removed.
        after: Seconds that the receiver asked to wait (``Retry-After``), or None.
        needs_fix: Whether it will fail until something is fixed: credentials, the URL, a file, the server's
            configuration. A run keeps retrying; a replay ends.
    """

    reason: str
    detail: str
    after: float | None = None
    needs_fix: bool = False


@record(frozen=True, slots=True)
class Rejected:
    """The receiver refused it permanently.

    Attributes:
        reason: Short type from a bounded set, used as a label and to log once per type: ``http_400``.
        detail: The server's error text, at most 1 KiB, secrets removed, with the fix if one is known.
        written: Samples of the payload that it has stored nevertheless.
        headers: As those of :class:`Delivered`.
    """

    reason: str
    detail: str
    written: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


@record(frozen=True, slots=True)
class Split:
    """The receiver wants the payload in another form: smaller (HTTP 413), or in another version (HTTP 415).

    Attributes:
        parts: Payloads that together carry the same samples, in order.
    """

    parts: tuple[Payload, ...]


Verdict = Delivered | Retry | Rejected | Split

LONGEST_LINE = 200
"""Bytes; the log has all of a server's text."""


def in_a_line(verdict: Verdict) -> str:
    """Return a verdict for people, in at most :data:`LONGEST_LINE`."""
    match verdict:
        case Delivered():
            text = "delivered"
        case Split():
            text = "sent again in another form"
        case Retry(reason, detail):
            text = f"will retry, {reason}: {detail}"
        case Rejected(reason, detail):
            text = f"refused, {reason}: {detail}"
    return shorten(text, LONGEST_LINE)
