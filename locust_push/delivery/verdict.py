"""What came of one attempt to deliver one payload."""

from collections.abc import Mapping
from dataclasses import field

from locust_push.core.record import record
from locust_push.wire.payload import Payload


@record(frozen=True, slots=True)
class Delivered:
    """The receiver has it.

    Attributes:
        headers: Of its answer, where there was one; names are looked up without regard to case.
        known: Whether it had it before.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    known: bool = False


@record(frozen=True, slots=True)
class Retry:
    """The receiver does not have it, or may not; try again.

    Attributes:
        reason: Short bounded kind, used as a label and to log once per kind: ``timeout``, ``connection``, ``http_503``.
        detail: What happened in the server's or the library's own words, at most 1 KiB, secrets removed.
        after: Seconds that the receiver asked to wait (``Retry-After``), or None.
        needs_fix: Whether it will fail until somebody changes something: credentials, the URL, a file, the server's
            configuration. A run goes on trying, in case somebody does; a replay ends.
    """

    reason: str
    detail: str
    after: float | None = None
    needs_fix: bool = False


@record(frozen=True, slots=True)
class Rejected:
    """The receiver will never take it.

    Attributes:
        reason: Short bounded kind, used as a label and to log once per kind: ``http_400``.
        detail: The server's error text, at most 1 KiB, secrets removed, with a remedy if one is known.
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
