"""All that waits for delivery to one sink: what is being attempted, the spool on disk, the queue in memory.

That is also their order in time. What the queue displaces is newer than all that the spool holds, and goes behind it.
"""

import errno
from collections import deque
from collections.abc import Callable, Sequence

from locust_push.delivery.delivery_log import DeliveryLog
from locust_push.delivery.ledger import BUFFER, FLUSH_TIMEOUT, SPOOL, SPOOLED, SUPERSEDED, Ledger, dropped
from locust_push.delivery.queue import PayloadQueue
from locust_push.delivery.spool import Spool
from locust_push.wire.payload import Payload

# A load test that opens too many connections closes some later; the disk has nothing to do with it.
_PASSING = (errno.EMFILE, errno.ENFILE)


class Backlog:
    """A queue in memory with a spool behind it; every loss is counted and reported here.

    The payload that :meth:`take` returns stays until :meth:`ack`: the greenlet that sends it may be killed meanwhile.
    """

    def __init__(self, queue: PayloadQueue, spool: Spool | None, ledger: Ledger, reports: DeliveryLog) -> None:
        """Without a ``spool`` what does not fit, or is left at the end, is lost."""
        self._queue = queue
        self._spool = spool
        self._ledger = ledger
        self._reports = reports
        self._front: deque[Payload] = deque()
        self._front_is_spooled = False

    def __repr__(self) -> str:
        return f"<Backlog {len(self._front)} in front, {self._spool!r}, {self._queue!r}>"

    @property
    def bytes(self) -> int:
        """Size of what waits in memory."""
        return self._queue.bytes + sum(len(payload.body) for payload in self._front)

    @property
    def spooled_samples(self) -> int:
        """Samples that wait on disk."""
        return self._spool.samples if self._spool is not None else 0

    def put(self, payload: Payload) -> None:
        """Add a payload behind all others. Never waits for anything but a local disk."""
        for displaced in self._queue.put(payload):
            self._set_aside(displaced)

    def take(self) -> Payload | None:
        """The payload to be attempted next: the same until :meth:`ack` or :meth:`split`, or until it is superseded.

        Raises:
            OSError: The spool cannot be read at the moment, but may be later.
        """
        self._supersede()
        if not self._front:
            payload = self._from_spool()
            self._front_is_spooled = payload is not None
            payload = payload or self._queue.pop()
            if payload is not None:
                self._front.append(payload)
        return self._front[0] if self._front else None

    def ack(self) -> None:
        """The payload taken is done with: delivered, or refused for good."""
        self._front.popleft()
        if self._front_is_spooled and self._spool is not None:
            self._spool.pop()
        self._front_is_spooled = False

    def split(self, parts: Sequence[Payload]) -> None:
        """Put ``parts`` in the place of the payload taken."""
        self.ack()
        self._front.extendleft(reversed(parts))

    def give_up(self) -> None:
        """Move all that is left to the spool, in order; without one it is lost.

        It can be called again where it was interrupted: a payload leaves memory only when it is on disk.
        """
        self._supersede()
        if self._front_is_spooled:
            self._front.clear()
            self._front_is_spooled = False
        if self._spool is None:
            self._lose_all()
        else:
            self._spool_all(self._spool)

    def _lose_all(self) -> None:
        while self._front:
            self._ledger.count(dropped(FLUSH_TIMEOUT), self._front.popleft().samples)
        while payload := self._queue.pop():
            self._ledger.count(dropped(FLUSH_TIMEOUT), payload.samples)

    def _spool_all(self, spool: Spool) -> None:
        # What was being attempted is older than the spool.
        while self._front:
            self._spooled(self._front[-1], spool.prepend)
            self._front.pop()
        while payload := self._queue.head():
            self._spooled(payload, spool.append)
            self._queue.pop()
        spool.close()

    def _supersede(self) -> None:
        """Drop a payload whose attempt failed, if a newer one replaces it."""
        if self._front and self._queue.newest_only and len(self._queue):
            self._ledger.count(SUPERSEDED, self._front[0].samples)
            self.ack()

    def _set_aside(self, payload: Payload) -> None:
        if self._queue.newest_only:
            self._ledger.count(SUPERSEDED, payload.samples)
        elif self._spool is None:
            self._ledger.count(dropped(BUFFER), payload.samples)
            self._reports.overflowed(BUFFER)
        elif self._spooled(payload, self._spool.append):
            self._reports.spooling(str(self._spool.folder))

    def _spooled(self, payload: Payload, write: Callable[[Payload], None]) -> bool:
        try:
            write(payload)
        except OSError as error:
            self._reports.spool_failed(error)
            self._ledger.count(dropped(SPOOL), payload.samples)
            return False
        self._ledger.count(SPOOLED, payload.samples)
        return True

    def _from_spool(self) -> Payload | None:
        while self._spool is not None:
            try:
                return self._spool.head()
            except OSError as error:
                if error.errno in _PASSING:
                    raise
                self._reports.spool_failed(error)
                self._ledger.count(dropped(SPOOL), self._spool.pop())
        return None
