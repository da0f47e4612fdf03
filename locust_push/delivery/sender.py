"""The loop that delivers the payloads of one sink. Independent of HTTP and gevent."""

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
    """The part of :class:`locust_push.outputs.sink.Sink` that delivers; the sender does not encode."""

    @property
    def url(self) -> str:
        """Its destination, without secrets."""
        ...

    @property
    def newest_only(self) -> bool:
        """Whether a newer payload replaces the waiting ones."""
        ...

    def open(self) -> None:
        """Called once, before the first payload."""
        ...

    def attempt(self, payload: Payload) -> Verdict:
        """Deliver one payload: exactly one attempt."""
        ...


class Wake(Protocol):
    """An event that ends a wait early, such as ``gevent.event.Event`` or ``threading.Event``."""

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
    :meth:`give_up`. An attempt in progress when the flush deadline passes is not interrupted here: the caller that runs
    the loop kills it, which loses nothing, since a payload leaves the backlog only after its verdict.
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
        """Bytes of payloads in memory."""
        return self._backlog.bytes

    @property
    def spooled_samples(self) -> int:
        """Samples of payloads on disk."""
        return self._backlog.spooled_samples

    @property
    def trying(self) -> bool:
        """Whether something is undelivered, and time is left."""
        return bool(self.queue_bytes or self.spooled_samples) and self._monotonic() < self._deadline

    @property
    def undelivered_samples(self) -> int:
        """Samples that the receiver does not have, lost or on disk; final after :meth:`give_up`."""
        return self.ledger.lost_samples + self.spooled_samples

    def put(self, payload: Payload) -> None:
        """Queue a payload, in memory or behind those on disk; without a spool it may be dropped and counted."""
        if self._finishing:
            self.ledger.count(dropped(FINISHED), payload.samples)
            return
        self._backlog.put(payload)
        self._wake.set()

    def begin_tick(self) -> None:
        """Prepare for the payloads of another snapshot: earlier ones that are still in memory move to the spool."""
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
        """Accept nothing more, and flush as :meth:`hurry` does."""
        self._finishing = True
        self.hurry(deadline)

    def give_up(self) -> None:
        """Move undelivered payloads to the spool; without one they are lost. Call after :meth:`run` has ended."""
        self._backlog.give_up()

    def _next(self) -> Payload | None:
        """Wait for a payload; None when there is none, or no time is left."""
        while self._monotonic() < self._deadline:
            self._wake.clear()  # before the check: a payload that is added later sets it again
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
                self._delivered(payload, verdict)
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

    def _delivered(self, payload: Payload, verdict: Delivered) -> None:
        self.ledger.clock_skew = self._reports.compare_clocks(verdict.headers, self._wall_clock())
        self._backlog.ack()
        self._suspicion.passed()
        self._failures = 0
        self.ledger.count(DELIVERED, payload.samples)
        self.ledger.last_success = self._wall_clock()
        self._reports.delivered(now=self._monotonic(), lost=self.ledger.lost_samples)

    def _rejected(self, payload: Payload, verdict: Rejected) -> None:
        self.ledger.clock_skew = self._reports.compare_clocks(verdict.headers, self._wall_clock())
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
            self._deadline = self._monotonic()  # it will not be fixed within the remaining seconds
            return
        self._pause(self._backoff.seconds(self._failures, verdict.after, needs_fix=verdict.needs_fix))

    def _pause(self, seconds: float) -> None:
        """Wait ``seconds``, even if payloads are added; less if the end of the run begins."""
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
        """Call the sink. A bug in it costs a payload, never the loop: the only broad ``except`` of delivery."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - see the docstring; logged with its traceback
            self._reports.fault(INTERNAL, error)
            return Rejected(INTERNAL, type(error).__name__)
