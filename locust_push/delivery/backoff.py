"""How long to wait before the next attempt. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_RETRY_AFTER = 300.0
"""Seconds. A server may not silence a run for longer; a proxy that says "an hour" would cost the rest of it."""

_MAX_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    Prometheus' sender doubles from 30 ms to 5 s, without jitter: it is one process. A load test is hundreds of workers
    that lose the receiver in the same instant, so that each waits a random part of the doubled time. 100 ms → 5 s means
    half of that on average: a blip is over within one tick, an outage costs the receiver 0.4 requests a second from
    each worker, and no worker comes back later than 5 s after it.

    Attributes:
        random: Uniform numbers in [0, 1), as ``random.random``.
        first: Upper bound of the first wait, in seconds.
        longest: Upper bound of any wait that the receiver did not ask for, in seconds.
    """

    random: Callable[[], float]
    first: float = 0.1
    longest: float = 5.0

    def seconds(self, failures: int, after: float | None = None) -> float:
        """The wait after so many failures in a row (1 or more).

        ``after`` is what the receiver asked for (``Retry-After``), honoured up to :data:`LONGEST_RETRY_AFTER`. The
        jitter comes on top: never sooner than asked, and not everybody at once.
        """
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, _MAX_DOUBLINGS))
        return min(after or 0.0, LONGEST_RETRY_AFTER) + self.random() * bound
