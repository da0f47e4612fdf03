"""All that waits for delivery to one sink: what is being attempted, the spool on disk, the queue in memory.

That is also their order in time. What the queue displaces is newer than all that the spool holds, and goes behind it.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from locust_push.delivery.ledger import BUFFER, FLUSH_TIMEOUT, SPOOL, SPOOLED, SUPERSEDED, Ledger, dropped
from locust_push.delivery.queue import PayloadQueue
from locust_push.delivery.reports import Reports
from locust_push.delivery.spool import Spool
from locust_push.wire.payload import Payload


class Backlog:
    """A queue in memory with a spool behind it; every loss is counted and reported here.

    The payload that :meth:`take` gives stays until :meth:`ack`: whoever attempts it may be killed meanwhile.
    """

    def __init__(self, queue: PayloadQueue, spool: Spool | None, ledger: Ledger, reports: Reports) -> None:
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
        return self._spool.samples if self._spool else 0

    def put(self, payload: Payload) -> None:
        """Add a payload behind all others. Never waits for anything but a local disk."""
        for displaced in self._queue.put(payload):
            self._set_aside(displaced)

    def take(self) -> Payload | None:
        """The payload to be attempted next; the same until :meth:`ack`, :meth:`nack` or :meth:`split`."""
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
        self._forget_spooled()

    def nack(self) -> None:
        """The payload taken is to be attempted again, unless a newer one makes it needless."""
        if self._queue.newest_only and len(self._queue):
            self._ledger.count(SUPERSEDED, self._front[0])
            self.ack()

    def split(self, parts: Sequence[Payload]) -> None:
        """Put ``parts`` in the place of the payload taken."""
        self.ack()
        self._front.extendleft(reversed(parts))

    def give_up(self) -> None:
        """Move all that is left to the spool, in order; without one it is lost."""
        if self._front_is_spooled:
            self._front.clear()
        if self._spool is None:
            for payload in self._rest():
                self._ledger.count(dropped(FLUSH_TIMEOUT), payload)
            return
        # What was being attempted is older than the spool.
        for payload in reversed(self._front):
            self._spooled(payload, self._spool.prepend)
        self._front.clear()
        for payload in self._rest():
            self._spooled(payload, self._spool.append)
        self._spool.close()

    def _set_aside(self, payload: Payload) -> None:
        if self._queue.newest_only:
            self._ledger.count(SUPERSEDED, payload)
        elif self._spool is None:
            self._ledger.count(dropped(BUFFER), payload)
            self._reports.overflowed(BUFFER)
        else:
            self._reports.spooling(str(self._spool.folder))
            self._spooled(payload, self._spool.append)

    def _rest(self) -> Iterator[Payload]:
        while self._front:
            yield self._front.popleft()
        while payload := self._queue.pop():
            yield payload

    def _spooled(self, payload: Payload, write: Callable[[Payload], None]) -> None:
        try:
            write(payload)
        except OSError as error:
            self._reports.spool_failed(error)
            self._ledger.count(dropped(SPOOL), payload)
        else:
            self._ledger.count(SPOOLED, payload)

    def _from_spool(self) -> Payload | None:
        while self._spool:
            try:
                return self._spool.head()
            except OSError as error:
                self._reports.spool_failed(error)
                self._ledger.samples[dropped(SPOOL)] += self._spool.pop()
                self._ledger.requests[dropped(SPOOL)] += 1
        return None

    def _forget_spooled(self) -> None:
        if self._front_is_spooled and self._spool:
            self._spool.pop()
        self._front_is_spooled = False
