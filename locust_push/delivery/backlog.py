"""All payloads that wait for delivery to one sink: the one being attempted, the spool on disk, the queue in memory.

That is also their order in time. Without failures a payload is in memory for as long as its attempt takes. Payloads
that still wait after a failed attempt, or at the next tick, move to the spool and stay there until they are delivered;
so do new ones, until the spool is empty again. A process that is killed during an outage therefore loses only what it
recorded since its last tick.
"""

from collections import deque
from collections.abc import Sequence

from locust_push.delivery.delivery_log import DeliveryLog
from locust_push.delivery.ledger import (
    BUFFER,
    FLUSH_TIMEOUT,
    SPOOL,
    SPOOL_LIMIT,
    SPOOLED,
    SUPERSEDED,
    Ledger,
    dropped,
)
from locust_push.delivery.queue import PayloadQueue
from locust_push.delivery.retry import TOO_MANY_FILES
from locust_push.delivery.spool import Spool
from locust_push.wire.payload import Payload


class Backlog:
    """A queue in memory with a spool behind it. Every loss is counted and reported here.

    The payload that :meth:`take` returns stays until :meth:`ack`: the greenlet that sends it may be killed meanwhile.
    """

    def __init__(self, queue: PayloadQueue, spool: Spool | None, ledger: Ledger, reports: DeliveryLog) -> None:
        """Without a ``spool``, payloads that do not fit into the queue, or are left at the end, are lost."""
        self._queue = queue
        self._spool = spool
        self._ledger = ledger
        self._reports = reports
        # The payload taken, or its parts. Where it came from the spool, the spool keeps it until all of them are done.
        self._front: deque[Payload] = deque()
        self._front_on_disk = False
        self._to_disk = False

    def __repr__(self) -> str:
        return f"<Backlog {len(self._front)} in front, {self._spool!r}, {self._queue!r}>"

    @property
    def bytes(self) -> int:
        """Size of the payloads in memory."""
        return self._queue.bytes + sum(len(payload.body) for payload in self._front)

    @property
    def spooled_samples(self) -> int:
        """Samples that wait on disk."""
        return self._spool.samples if self._spool is not None else 0

    def put(self, payload: Payload) -> None:
        """Add a payload behind all others. Waits for nothing except a local disk."""
        if not self._queue.has_room(payload):
            self.secure()
        for displaced in self._queue.put(payload):
            self._lose(displaced)
        if self._to_disk:
            self.secure()

    def begin_tick(self) -> None:
        """Prepare for the payloads of another snapshot: earlier ones that are still in memory move to the disk."""
        if self._front or len(self._queue):
            self.secure()

    def secure(self) -> None:
        """Move all waiting payloads to the disk, as far as it can be written; later ones follow.

        Safe while the payload taken is being attempted.
        """
        if self._spool is None:
            return
        self._to_disk = True
        if self._front and not self._front_on_disk and not self._spool.waiting:
            if not self._stored(self._spool, self._front[0]):
                return
            self._front_on_disk = True
            while len(self._front) > 1:
                self._queue.restore(self._front.pop())
        while (payload := self._queue.head()) and self._stored(self._spool, payload):
            self._queue.pop()

    def take(self) -> Payload | None:
        """The payload to be attempted next: the same until :meth:`ack` or :meth:`split`, or until it is superseded.

        Raises:
            OSError: The spool cannot be read at the moment, but may be later.
        """
        self._supersede()
        if not self._front:
            payload = self._from_spool()
            self._front_on_disk = payload is not None
            if payload is None:
                self._to_disk = False
                payload = self._queue.pop()
            if payload is not None:
                self._front.append(payload)
        return self._front[0] if self._front else None

    def failed(self) -> None:
        """Note that the attempt to deliver the taken payload failed; it waits for another one."""
        if self._front and not self._front_on_disk and self._spool is not None and self._spool.waiting:
            # The limit of the spool dropped it during the attempt: the spool holds newer ones.
            self._ledger.count(dropped(SPOOL_LIMIT), sum(payload.samples for payload in self._front))
            self._front.clear()
        self.secure()

    def ack(self) -> None:
        """Remove the taken payload: it was delivered, or refused permanently."""
        done = self._front.popleft()
        if self._spool is None or not self._front_on_disk:
            return
        if self._front:
            self._spool.shrink(done.samples)
        else:
            self._spool.pop()
            self._front_on_disk = False

    def split(self, parts: Sequence[Payload]) -> None:
        """Put ``parts``, which carry the same samples, in the place of the payload taken."""
        if not parts:
            self.ack()
            return
        self._front.popleft()
        self._front.extendleft(reversed(parts))

    def swap(self) -> bool:
        """Swap the taken payload and the one behind it; return whether there are two."""
        if len(self._front) != 1 or self._queue.newest_only:
            return False
        if self._front_on_disk and self._spool is not None and self._spool.swap():
            self._front.clear()
            self._front_on_disk = False
            return True
        if self._spool is None and (other := self._queue.pop()):
            self._queue.restore(self._front.pop())
            self._front.append(other)
            return True
        return False

    def give_up(self) -> None:
        """Move all remaining payloads to the spool, in order; those that cannot be written are lost.

        It can be called again after an interruption: a payload leaves memory only when it is on disk.
        """
        self._supersede()
        if self._spool is not None:
            self.failed()
            if self._front_on_disk:
                self._front.clear()
                self._front_on_disk = False
        self._lose_what_is_left(SPOOL if self._spool is not None else FLUSH_TIMEOUT)
        if self._spool is not None:
            self._spool.close()

    def _lose_what_is_left(self, reason: str) -> None:
        while self._front:
            self._ledger.count(dropped(reason), self._front.popleft().samples)
        while payload := self._queue.pop():
            self._ledger.count(dropped(reason), payload.samples)

    def _supersede(self) -> None:
        """Drop payloads that are not delivered yet, if only the newest one is of use."""
        while self._queue.newest_only and self._waiting > 1:
            if self._front:
                self._ledger.count(SUPERSEDED, self._front[0].samples)
                self.ack()
            elif self._spool is not None:
                self._ledger.count(SUPERSEDED, self._spool.pop())

    @property
    def _waiting(self) -> int:
        """Number of payloads, in memory and on disk; if only the newest is of use, at most one in memory."""
        in_front = len(self._front) and not self._front_on_disk
        return in_front + (self._spool.waiting if self._spool is not None else 0) + len(self._queue)

    def _lose(self, displaced: Payload) -> None:
        """Count a payload that does not fit into memory."""
        if self._queue.newest_only:
            self._ledger.count(SUPERSEDED, displaced.samples)
            return
        reason = BUFFER if self._spool is None else SPOOL
        self._ledger.count(dropped(reason), displaced.samples)
        self._reports.overflowed(reason)

    def _stored(self, spool: Spool, payload: Payload) -> bool:
        """Append to the spool; return whether that succeeded."""
        try:
            self._make_room(spool, payload)
            spool.append(payload)
        except OSError as error:
            self._reports.spool_failed(error)
            return False
        self._ledger.count(SPOOLED, payload.samples)
        return True

    def _make_room(self, spool: Spool, payload: Payload) -> None:
        gone = spool.make_room(len(payload.body))
        if gone and self._front_on_disk:
            # It is in memory as well, and the receiver may have it by now.
            gone.pop(0)
            self._front_on_disk = False
        for samples in gone:
            self._ledger.count(dropped(SPOOL_LIMIT), samples)
            self._reports.spool_is_full()

    def _from_spool(self) -> Payload | None:
        while self._spool is not None:
            try:
                return self._spool.head()
            except OSError as error:
                if error.errno in TOO_MANY_FILES:
                    raise
                self._reports.damaged(error)
                self._ledger.count(dropped(SPOOL), self._spool.pop())
        return None
