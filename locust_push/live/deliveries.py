"""The greenlets that deliver a run's data, one for each ``--push-url``, and their end."""

import time
from collections.abc import Callable, Iterator, Sequence

from gevent import Greenlet, joinall, killall

from locust_push.delivery.ledger import DELIVERED, DeliveryState
from locust_push.live.faults import Faults
from locust_push.live.greenlets import Kept
from locust_push.live.pipeline import Outlet

LONGEST_RESERVE, RESERVE = 1.0, 0.2
"""Seconds, and share of the flush timeout, reserved for the exit code and messages, which wait for deliveries."""

SHORTEST_WAIT = 0.3
"""Shortest time for local work, even if the flush timeout is 0; seconds."""

_LOOK = 0.02
"""Seconds between two checks for undelivered data."""


class Deliveries:
    """Delivers from :meth:`start` to :meth:`close`; the time between :meth:`hurry` and :meth:`close` is bounded.

    Attributes:
        outlets: The destinations.
    """

    def __init__(self, outlets: Sequence[Outlet], flush_timeout: float, faults: Faults) -> None:
        """Give up ``flush_timeout`` seconds after the end of the run; ``faults`` catches errors of the greenlets."""
        self.outlets = outlets
        self._senders = [outlet.sender for outlet in outlets]
        self._flush_timeout = flush_timeout
        self._reserve = min(LONGEST_RESERVE, RESERVE * flush_timeout)
        self._deadline = float("inf")
        self._ending = False
        self._kept = [Kept(sender.run, "a delivery", faults, lambda: self._ending) for sender in self._senders]
        self._others: list[Greenlet] = []

    def __repr__(self) -> str:
        return f"<Deliveries {[*self._senders]}>"

    @property
    def undelivered_samples(self) -> int:
        """Samples that a receiver does not have, lost or spooled; final after :meth:`close`."""
        return sum(sender.undelivered_samples for sender in self._senders)

    @property
    def states(self) -> list[DeliveryState]:
        """How it goes, for each URL."""
        return [_state(outlet) for outlet in self.outlets]

    @property
    def incomplete(self) -> bool:
        """Whether a receiver currently lacks data."""
        return any(sender.queue_bytes or sender.undelivered_samples for sender in self._senders)

    def start(self) -> None:
        """Start the greenlets; in the process that runs the users, so after any fork."""
        for kept in self._kept:
            kept.start()

    def hurry(self) -> None:
        """Note that the run is over: from now on the time is bounded."""
        self._ending = True
        self._deadline = time.monotonic() + self._flush_timeout
        for sender in self._senders:
            sender.hurry(self._deadline)

    def seconds_left(self, *, kept: bool = False) -> float:
        """Return the remaining seconds; with ``kept`` without the part that is reserved for later steps."""
        left = self._deadline - time.monotonic()
        return max(SHORTEST_WAIT, left - self._reserve) if kept else max(0.0, left)

    def wait(self, *, reserves: int = 1, others: Callable[[], object] = bool) -> Iterator[float]:
        """Wait for deliveries, up to the reserved part of the time; yields pauses.

        Args:
            reserves: How many parts are reserved.
            others: Returns whether something else must still be waited for.
        """
        until = self._deadline - reserves * self._reserve
        while (others() or any(sender.trying for sender in self._senders)) and time.monotonic() < until:
            yield _LOOK

    def finish(self) -> None:
        """Accept no more payloads."""
        for sender in self._senders:
            sender.finish(self._deadline)

    def alongside(self, work: Callable[[], object]) -> None:
        """Run something while deliveries continue; it is interrupted at their deadline."""
        self._others.append(Greenlet.spawn(work))

    def close(self) -> None:
        """Deliver until the deadline, move the rest to the spool or count it as lost, and close everything."""
        self.finish()
        joinall(self._greenlets, timeout=self.seconds_left())
        self.cut_off()
        for sender in self._senders:
            sender.give_up()
        for outlet in self.outlets:
            outlet.sink.close()

    def cut_off(self) -> None:
        """Kill the deliveries; this loses nothing, since a payload leaves the queue only after its verdict."""
        killall(self._greenlets)

    def silence(self) -> None:
        """Stop delivering without closing anything: for a forked child, which owns none of it."""
        self._ending = True
        killall(self._greenlets, block=False)

    @property
    def _greenlets(self) -> list[Greenlet]:
        return [*(kept.greenlet for kept in self._kept if kept.greenlet is not None), *self._others]


def _state(outlet: Outlet) -> DeliveryState:
    sender, ledger = outlet.sender, outlet.sender.ledger
    return DeliveryState(
        outlet.sink.url,
        ledger.samples[DELIVERED],
        sender.queue_bytes,
        sender.spooled_samples,
        ledger.lost_samples,
        ledger.answer,
        ledger.last_success,
    )
