"""The loop that delivers what one sink has to deliver. Knows neither HTTP nor gevent."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from locust_push.delivery.backlog import Backlog
from locust_push.delivery.delivery_log import DeliveryLog
from locust_push.delivery.ledger import DELIVERED, FINISHED, INTERNAL, SPOOL, Ledger, dropped
from locust_push.delivery.queue import PayloadQueue
from locust_push.delivery.retry import LONGEST_FLUSH_PAUSE, Backoff
from locust_push.delivery.server_text import shorten
from locust_push.delivery.spool import Spool
from locust_push.delivery.suspicion import Reaction, Suspicion, given_up
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split, Verdict, in_a_line
from locust_push.wire.payload import Payload

T = TypeVar("T")


class PayloadReceiver(Protocol):
    """The part of :class:`locust_push.outputs.sink.Sink` that delivers; encoding is none of the sender's business."""

    @property
    def url(self) -> str:
        """Where it goes, without secrets."""
        ...

    @property
    def newest_only(self) -> bool:
        """Whether a newer payload replaces the waiting ones."""
        ...

    def open(self) -> None:
        """Called once, before the first payload."""
        ...

    def attempt(self, payload: Payload) -> Verdict:
        """Deliver one payload, once."""
        ...


class Wake(Protocol):
    """What ends a wait early; ``gevent.event.Event`` and ``threading.Event`` are such."""

    def set(self) -> None:
        """End waits, present and future."""
        ...

    def clear(self) -> None:
        """Let future waits wait."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until set, or for ``timeout`` seconds."""
        ...


class Sender:
    """Delivers payloads to one sink, in order, until :meth:`finish`.

    One greenlet runs :meth:`run`; others call :meth:`put` and, at the end of a run, :meth:`hurry`, :meth:`finish` and
    :meth:`give_up`. An attempt under way when the flush deadline passes is not cut short here: the caller that runs the
    loop kills it then, which loses nothing, since a payload leaves the backlog only after its verdict.
    """

    def __init__(
        self,
        sink: PayloadReceiver,
        *,
        limit_bytes: int,
        spool: Spool | None,
        backoff: Backoff,
        wake: Wake,
        monotonic: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> None:
        self.ledger = Ledger()
        self._sink = sink
        self._backoff = backoff
        self._wake = wake
        self._monotonic = monotonic
        self._wall_clock = wall_clock
        self._reports = DeliveryLog(sink.url)
        queue = PayloadQueue(limit_bytes, newest_only=sink.newest_only)
        self._backlog = Backlog(queue, spool, self.ledger, self._reports)
        self._failures = 0
        self._suspicion = Suspicion()
        self._hurrying = False
        self._finishing = False
        self._deadline = float("inf")

    def __repr__(self) -> str:
        return f"<Sender {self._sink.url} {self._backlog!r}, {self._failures} failures in a row>"

    @property
    def queue_bytes(self) -> int:
        """Bytes that wait in memory."""
        return self._backlog.bytes

    @property
    def spooled_samples(self) -> int:
        """Samples that wait on disk."""
        return self._backlog.spooled_samples

    @property
    def trying(self) -> bool:
        """Whether something is still to be delivered, and there is time left for it."""
        return bool(self.queue_bytes or self.spooled_samples) and self._monotonic() < self._deadline

    @property
    def undelivered_samples(self) -> int:
        """Samples that the receiver does not have, lost or on disk; final after :meth:`give_up`."""
        return self.ledger.lost_samples + self.spooled_samples

    def put(self, payload: Payload) -> None:
        """Queue a payload, or put it on disk where others wait for longer; without a spool it may be lost, counted."""
        if self._finishing:
            self.ledger.count(dropped(FINISHED), payload.samples)
            return
        self._backlog.put(payload)
        self._wake.set()

    def begin_tick(self) -> None:
        """The payloads of another snapshot follow: what earlier ones have left in memory goes to the spool."""
        self._backlog.begin_tick()

    def run(self) -> None:
        """Deliver until :meth:`finish` was called and the queue is empty or the deadline has passed."""
        self._guarded(self._sink.open)
        while (payload := self._next()) is not None:
            self._deliver(payload)

    def hurry(self, deadline: float) -> None:
        """Flush until ``deadline`` (monotonic seconds). A repeated call can only shorten it."""
        self._hurrying = True
        self._deadline = min(self._deadline, deadline)
        self._wake.set()

    def finish(self, deadline: float) -> None:
        """Take nothing more, and flush what is there as by :meth:`hurry`."""
        self._finishing = True
        self.hurry(deadline)

    def give_up(self) -> None:
        """Leave what is still undelivered to the spool; without one it is lost. For when :meth:`run` has ended."""
        self._backlog.give_up()

    def _next(self) -> Payload | None:
        """Wait for something to deliver; None when there is no more or no time left."""
        while self._monotonic() < self._deadline:
            self._wake.clear()  # before looking: what comes after the look sets it again
            try:
                payload = self._backlog.take()
            except OSError as error:
                self._retry(Retry(SPOOL, shorten(str(error))))
                continue
            if payload is not None:
                return payload
            if self._finishing:
                return None
            self._wake.wait()
        return None

    def _deliver(self, payload: Payload) -> None:
        started = self._monotonic()
        verdict = self._guarded(lambda: self._sink.attempt(payload))
        self.ledger.attempted(self._monotonic() - started)
        self.ledger.answer = in_a_line(verdict)
        match verdict:
            case Delivered():
                self._delivered(payload)
            case Rejected():
                self._rejected(payload, verdict)
            case Retry():
                self._failed(payload, verdict)
            case Split():
                self._backlog.split(verdict.parts)

    def _failed(self, payload: Payload, verdict: Retry) -> None:
        self._backlog.failed()
        step = self._suspicion.failed(verdict, self._monotonic())
        if step is Reaction.GIVE_UP:
            self._rejected(payload, given_up(verdict))
            return
        if step is Reaction.SWAP and not self._backlog.swap():
            self._suspicion.alone()
        self._retry(verdict)

    def _delivered(self, payload: Payload) -> None:
        self._backlog.ack()
        self._suspicion.passed()
        self._failures = 0
        self.ledger.count(DELIVERED, payload.samples)
        self.ledger.last_success = self._wall_clock()
        self._reports.delivered(now=self._monotonic(), lost=self.ledger.lost_samples)

    def _rejected(self, payload: Payload, verdict: Rejected) -> None:
        self._backlog.ack()
        self._suspicion.passed()
        self._failures = 0
        self.ledger.count(dropped(verdict.reason), payload.samples - verdict.written)
        self.ledger.samples[DELIVERED] += verdict.written
        if verdict.written:
            self.ledger.last_success = self._wall_clock()
            self._reports.delivered(now=self._monotonic(), lost=self.ledger.lost_samples)
        self._reports.refused(verdict)

    def _retry(self, verdict: Retry) -> None:
        self._failures += 1
        self.ledger.retries += 1
        self._reports.retrying(verdict, now=self._monotonic(), lost=self.ledger.lost_samples)
        if verdict.needs_fix and self._hurrying:
            self._deadline = self._monotonic()  # nobody fixes it within the seconds that are left
            return
        self._pause(self._backoff.seconds(self._failures, verdict.after, needs_fix=verdict.needs_fix))

    def _pause(self, seconds: float) -> None:
        """Wait so long, whatever is put meanwhile; no longer once the end of the run begins."""
        hurrying = self._hurrying
        if hurrying:
            seconds = min(seconds, LONGEST_FLUSH_PAUSE)
        until = min(self._monotonic() + seconds, self._deadline)
        while True:
            self._wake.clear()
            left = until - self._monotonic()
            if left <= 0 or self._hurrying != hurrying:
                return
            self._wake.wait(left)

    def _guarded(self, call: Callable[[], T]) -> T | Rejected:
        """Call the sink. Its faults cost a payload, never the loop: the only broad ``except`` of delivery."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - see the docstring; logged with its traceback
            self._reports.fault(INTERNAL, error)
            return Rejected(INTERNAL, type(error).__name__)
