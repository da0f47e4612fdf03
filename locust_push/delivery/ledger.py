"""Counts of the payloads of one sink by outcome, for the ``locust_push_…`` series and the last line of a run."""

from collections import Counter
from dataclasses import field
from typing import NamedTuple

from locust_push.core.record import record

DELIVERED = "delivered"
SUPERSEDED = "superseded"
"""A newer snapshot replaced it before it was sent; not a loss, since a Pushgateway keeps only the newest anyway."""

SPOOLED = "spooled"
"""Moved to disk; may still be delivered, in this run or by a replay."""

BUFFER = "buffer"
"""Reason: the buffer was full."""
FLUSH_TIMEOUT = "flush_timeout"
"""Reason: the flush timeout at the end of the run was over."""
FINISHED = "finished"
"""Reason: added after the end of the run."""
SPOOL = "spool"
"""Reason: the spool could not be written or read."""
SPOOL_LIMIT = "spool_limit"
"""Reason: the spool had reached --push-spool-limit."""
ENCODING = "encoding"
"""Reason: a snapshot could not be encoded because of a bug in the encoder."""
INTERNAL = "internal"
"""Reason: a bug in the sink."""

_DROPPED = "dropped_"


class DeliveryState(NamedTuple):
    """How the delivery to one URL goes, in one process; all of it can be sent between processes.

    Attributes:
        url: Where to, without secrets.
        delivered: Samples that were delivered.
        waiting_bytes: Bytes of payloads in memory.
        spooled: Samples of payloads on disk.
        lost: Samples that are lost.
        answer: Result of the last attempt, in a line; empty before the first.
        last_success: When something was last delivered, Unix seconds, or None.
        clock_skew: Seconds by which the receiver's clock is ahead of this machine's, if one of them is wrong; or 0.
    """

    url: str
    delivered: int
    waiting_bytes: int
    spooled: int
    lost: int
    answer: str
    last_success: float | None


def dropped(reason: str) -> str:
    """The outcome of a payload that was lost for ``reason``: one of the above, or that of a verdict."""
    return _DROPPED + reason


@record(slots=True)
class Ledger:
    """Counts since the start of the run.

    Attributes:
        requests: Payloads by outcome: ``delivered``, ``spooled``, ``superseded``, ``dropped_<reason>``. One that was
            spooled may have another outcome later, also in parts.
        samples: Samples by outcome.
        retries: Attempts after which the payload was kept for another one.
        attempts: All attempts.
        send_seconds: Time spent in attempts.
        encodes: Snapshots encoded.
        encode_seconds: Time spent encoding them.
        last_success: Time of the last delivery, seconds since the epoch, or None.
        answer: Result of the last attempt, in a line; empty before the first.
    """

    requests: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    attempts: int = 0
    send_seconds: float = 0.0
    encodes: int = 0
    encode_seconds: float = 0.0
    last_success: float | None = None
    clock_skew: float = 0.0
    answer: str = ""

    def count(self, outcome: str, samples: int) -> None:
        """Record the outcome of a payload with ``samples`` samples."""
        self.requests[outcome] += 1
        self.samples[outcome] += samples

    def attempted(self, seconds: float) -> None:
        """Note an attempt."""
        self.attempts += 1
        self.send_seconds += seconds

    def encoded(self, seconds: float) -> None:
        """Note that a snapshot was encoded."""
        self.encodes += 1
        self.encode_seconds += seconds

    @property
    def lost_samples(self) -> int:
        """Samples that are lost."""
        return sum(self.lost_by_reason().values())

    def lost_by_reason(self) -> dict[str, int]:
        """Samples that are lost, by reason."""
        return {
            outcome.removeprefix(_DROPPED): count
            for outcome, count in self.samples.items()
            if outcome.startswith(_DROPPED)
        }
