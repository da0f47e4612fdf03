"""The interface of destinations for encoding and delivery."""

from collections.abc import Iterator
from typing import Protocol

from locust_push.core.snapshot import Snapshot
from locust_push.delivery.sender import PayloadReceiver
from locust_push.wire.payload import Pause, Payload


class Sink(PayloadReceiver, Protocol):
    """One ``--push-url``: how snapshots become payloads, and how one payload is delivered."""

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Turn a snapshot into payloads; the caller may pause after each, and must pause at each :data:`Pause`."""
        ...

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """End a run: additions to its last snapshot, and staleness markers."""
        ...

    def close(self) -> None:
        """Called once, after the last attempt of a run."""
        ...
