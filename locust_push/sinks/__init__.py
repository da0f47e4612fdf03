"""What each protocol needs from encoding and delivery, behind one small interface."""

from collections.abc import Iterator
from typing import Protocol

from locust_push.core.snapshot import Snapshot
from locust_push.delivery.verdict import Verdict
from locust_push.wire.payload import Payload


class Sink(Protocol):
    """One ``--push-url``: how snapshots become payloads and how one payload is delivered."""

    @property
    def url(self) -> str:
        """Where it goes, without secrets: for logs and the ``url`` label."""
        ...

    @property
    def newest_only(self) -> bool:
        """Whether a newer payload makes the waiting ones needless (Pushgateway), or order matters (the others)."""
        ...

    def open(self) -> None:
        """Called once, in the delivery greenlet, before the first payload; may do I/O; must not raise."""
        ...

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | None]:
        """Turn a snapshot into payloads; the caller may pause after each, and at a None, which is none."""
        ...

    def end(self, snapshot: Snapshot) -> Iterator[Payload]:
        """What follows the last snapshot of a run, such as staleness markers."""
        ...

    def attempt(self, payload: Payload) -> Verdict:
        """Deliver one payload, once. Never raises."""
        ...

    def close(self) -> None:
        """Called once, after the last attempt of a run."""
        ...
