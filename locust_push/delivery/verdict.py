"""What came of one attempt to deliver one payload."""

from dataclasses import dataclass

from locust_push.wire.payload import Payload


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The receiver does not have it, or may not; try again.

    Attributes:
        reason: Short bounded kind, used as a label and to log once per kind: ``timeout``, ``connection``, ``http_503``.
        detail: What happened in the server's or the library's own words, at most 1 KiB, secrets removed.
        after: Seconds that the receiver asked to wait (``Retry-After``), or None.
    """

    reason: str
    detail: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The receiver will never take it.

    Attributes:
        reason: Short bounded kind, used as a label and to log once per kind: ``http_400``.
        detail: The server's own words, at most 1 KiB, secrets removed, with a hint at the mend where one is known.
    """

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Split:
    """The receiver finds the payload too large (HTTP 413); try its parts instead.

    Attributes:
        parts: Smaller payloads that together carry the same samples, in order.
    """

    parts: tuple[Payload, ...]


Verdict = Delivered | Retry | Rejected | Split
