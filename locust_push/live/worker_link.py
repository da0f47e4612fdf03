"""The data that a worker adds to Locust's own reports, and its processing by the master.

Every delta has a number and is sent again with each report until the master has acknowledged it, so that reports may be
lost, come late or come twice: the master takes each delta once and in order. Imports nothing of Locust.
"""

import logging
import math
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from locust_push.core.clock import Clock
from locust_push.core.delta import Totals
from locust_push.core.record import record
from locust_push.core.recorder import Recorder
from locust_push.core.window import Window
from locust_push.delivery.ledger import DeliveryState
from locust_push.wire.worker_update import Packed, UpdateDecoder, UpdateEncoder

logger = logging.getLogger(__name__)

MAX_UNACKNOWLEDGED = 20
"""Deltas of a minute without an answer. Later data waits in the aggregates until there is one."""

GONE_AFTER = 10.0
"""Seconds without a report after which a worker's last report is not waited for: the time of three reports."""

MAX_ROUND_TRIP = 1.0
"""Seconds. An answer that took longer does not give the other clock precisely: the error may be half of that."""


@record(slots=True)
class _Sent:
    number: int
    end: float
    seconds: float
    packed: Packed


class WorkerUpdates:
    """The reports of one worker in one run.

    Attributes:
        run_id: Of the run.
        instance: Distinguishes this recorder from others of the same run and process: a worker may leave and return.
        clock_skew: Seconds by which the wall clock is ahead of the master's; None until it has been measured.
        answered: Whether the master is known to receive these reports: it sent the run ID, or answered one.
        last_sent: Whether the complete report was sent.
        undelivered: Whether this worker left data undelivered; None while unknown.
        deliveries: Returns their state, for each URL.
        usage: Returns CPU in percent and memory in bytes of this process; None to report neither.
    """

    def __init__(self, run_id: str, instance: str, recorder: Recorder, *, monotonic: Clock, wall: Clock) -> None:
        """Report the data that ``recorder`` has drained."""
        self.undelivered: bool | None = None
        self.deliveries: Callable[[], list[DeliveryState]] = list
        self.usage: Callable[[], tuple[float, float]] | None = None
        self.run_id = run_id
        self.instance = instance
        self.clock_skew: float | None = None
        self.answered = False
        self.last_sent = False
        self._recorder = recorder
        self._monotonic = monotonic
        self._wall = wall
        self._encoder = UpdateEncoder()
        self._unacknowledged: deque[_Sent] = deque()
        self._number = 0
        self._last = monotonic()
        self._work: Iterator[None] = iter(())
        self._prepared = False
        self._finished = False
        self._complete = False
        self._last_tries = 0

    def __repr__(self) -> str:
        return f"<WorkerUpdates {self.run_id}: {self._number} taken, {len(self._unacknowledged)} unacknowledged>"

    @property
    def done(self) -> bool:
        """Whether the run is over, and the master has confirmed all of it or was asked long enough."""
        return self._complete or self._last_tries > MAX_UNACKNOWLEDGED

    def finish(self) -> None:
        """Note that everything is drained; the next report is complete."""
        self._finished = True

    def prepare(self) -> Iterator[None]:
        """Take and encode the due deltas, in steps, so that they are ready for the next report."""
        self._complete_work()
        # To a master that never answered, only the first delta is sent; the last one is sent in any case.
        if self._finished or len(self._unacknowledged) < (MAX_UNACKNOWLEDGED if self.answered else 1):
            self._work = self._take()
            yield from self._work

    def report(self) -> dict[str, Any]:
        """Return our part of the report that is sent now."""
        self._complete_work()
        if not self._prepared and not self._finished:
            # The first report of a run, with the data since its start.
            for _ in self._recorder.drain():
                pass
        if self._finished or not self._prepared:
            for _ in self.prepare():
                pass
        self._prepared = False
        now = self._monotonic()
        self.last_sent = self._finished
        self._last_tries += self._finished
        return {
            "run_id": self.run_id,
            "instance": self.instance,
            "deltas": [[sent.number, now - sent.end, sent.seconds, sent.packed] for sent in self._unacknowledged],
            "final": self._finished,
            "clock": self._wall(),
            "skew": self.clock_skew,
            "undelivered": self.undelivered,
            "deliveries": self.deliveries(),
            "usage": self.usage and self.usage(),
        }

    def acknowledged(self, answer: Mapping[str, Any]) -> None:
        """Process the master's answer to a report; answers to others are ignored."""
        if (answer["run_id"], answer["instance"]) != (self.run_id, self.instance):
            return
        self.answered = True
        while self._unacknowledged and self._unacknowledged[0].number <= answer["number"]:
            self._unacknowledged.popleft()
        # A master of an earlier version does not ask for the result of the delivery.
        decided = answer.get("decided", True)
        self._complete = self._finished and answer["final"] and decided and not self._unacknowledged
        self._measure_skew(answer["sent"], answer["received"])

    def _measure_skew(self, sent: float, received: float) -> None:
        """The offset of RFC 5905 section 8, with the master's one reading for both of its times.

        Args:
            sent: When the report was made, Unix seconds by this clock.
            received: When the master got it, Unix seconds by its clock.
        """
        now = self._wall()
        if 0 <= now - sent <= MAX_ROUND_TRIP:
            self.clock_skew = (sent + now) / 2 - received

    def _complete_work(self) -> None:
        """Finish an encoding that another caller paused between two steps: deltas must be encoded in order."""
        for _ in self._work:
            pass

    def _take(self) -> Iterator[None]:
        last, self._last = self._last, self._monotonic()
        delta = yield from self._recorder.recent_steps()
        if delta:
            packed = yield from self._encoder.encode_steps(delta)
            self._number += 1
            self._unacknowledged.append(_Sent(self._number, self._last, self._last - last, packed))
        self._prepared = True


@record(slots=True)
class WorkerState:
    """The state of one recorder of a worker, on the master.

    Attributes:
        reported: Time of its last report, monotonic seconds.
        taken: Number of the last delta merged.
        until: Monotonic time at the end of that delta.
        final: Whether all its data of the run has arrived.
        undelivered: Whether it left data undelivered; None while it has not reported that.
        deliveries: Their state, for each URL.
        usage: CPU in percent and memory in bytes; None while it has not reported them.
        clock_skew: Seconds by which its wall clock is ahead of the master's; None until it has been measured.
    """

    reported: float = 0.0
    decoder: UpdateDecoder = field(default_factory=UpdateDecoder)
    taken: int = 0
    until: float = -math.inf
    final: bool = False
    undelivered: bool | None = None
    deliveries: Sequence[DeliveryState] = ()
    usage: tuple[float, float] | None = None
    clock_skew: float | None = None
    skew_told: bool = False


class MasterUpdates:
    """The reports of all workers in one run, merged into one recorder.

    Attributes:
        clashes: Instances that two workers use at once: a store keeps the samples of only one of them.
        problems: By client ID, why a worker pushes nothing.
    """

    def __init__(
        self,
        run_id: str,
        recorder: Recorder,
        window: Window,
        *,
        max_skew: float,
        monotonic: Clock,
        wall: Clock,
        acknowledge: Callable[[str, Mapping[str, Any]], None],
        workers_push: bool = True,
    ) -> None:
        """Merge into ``recorder`` and ``window``.

        Args:
            run_id: Reports of other runs are ignored.
            recorder: Receives the data of the workers.
            window: The same, for rates.
            max_skew: Clock skew in seconds beyond which a warning about a worker is logged, once.
            monotonic: Times for the window.
            wall: The master's wall clock, for the skew.
            acknowledge: Sends a message to a worker, by its client ID.
            workers_push: Whether they push series themselves.
        """
        self.run_id = run_id
        self.workers: dict[tuple[str, str], WorkerState] = {}
        self.clashes: set[str] = set()
        self._workers_push = workers_push
        self.problems: dict[str, str] = {}
        self._writers: dict[str, str] = {}
        self._expected: set[str] = set()
        self._missing: set[str] = set()
        self._over = False
        self._closed = False
        self._recorder = recorder
        self._window = window
        self._max_skew = max_skew
        self._monotonic = monotonic
        self._wall = wall
        self._acknowledge = acknowledge

    def __repr__(self) -> str:
        return f"<MasterUpdates {self.run_id} of {len(self.workers)} workers>"

    @property
    def largest_clock_skew(self) -> float:
        """The largest clock skew of a worker, without its sign, seconds."""
        return max((abs(worker.clock_skew) for worker in self.workers.values() if worker.clock_skew), default=0.0)

    @property
    def undecided(self) -> list[str]:
        """Client IDs of workers that have not reported the result of their delivery."""
        known = {client_id for client_id, _ in self.workers}
        silent = [client_id for (client_id, _), worker in self.workers.items() if worker.undelivered is None]
        return sorted({*silent, *(self._expected - known)})

    @property
    def lacking(self) -> bool:
        """Whether data is or was undelivered at a worker, or whether that is unknown."""
        undelivered = any(worker.undelivered for worker in self.workers.values())
        return bool(undelivered or self.undecided or self.problems or self.clashes)

    def note_problem(self, client_id: str, problem: str) -> None:
        """Note that a worker pushes nothing, and why."""
        if client_id not in self.problems:
            self.problems[client_id] = problem
            logger.error("locust-push: run %s: worker %s pushes nothing: %s", self.run_id, client_id, problem)

    @property
    def reported_until(self) -> float:
        """Monotonic time up to which workers have reported, on average; minus infinity if none has."""
        ends = [worker.until for worker in self.workers.values() if worker.taken]
        return sum(ends) / len(ends) if ends else -math.inf

    def usages(self) -> list[tuple[float, float]]:
        """Return CPU in percent and memory in bytes of the workers that are present."""
        lately = self._monotonic() - GONE_AFTER
        return [worker.usage for worker in self.workers.values() if worker.usage and worker.reported > lately]

    @property
    def outstanding(self) -> set[str]:
        """Client IDs of present workers, expected or with recent reports, that have not sent their last report."""
        lately = self._monotonic() - GONE_AFTER
        awaited = {
            client_id
            for (client_id, _), worker in self.workers.items()
            if not worker.final and worker.reported > lately
        }
        silent = self._expected - {client_id for client_id, _ in self.workers}
        return (awaited | silent) - self._missing

    def miss(self, client_ids: Collection[str]) -> None:
        """Note workers that Locust calls missing: their last reports are not waited for, unless they report again."""
        self._missing = set(client_ids)

    def expect(self, client_ids: Collection[str]) -> None:
        """Note present workers: they belong to the run even if it ends before their first report."""
        self._expected.update(client_ids)
        if not self._over:
            self._window.expect(client_ids)

    def end(self) -> None:
        """Note that the run is over: a worker whose report does not mention it has nothing more to report."""
        self._over = True

    def close(self) -> None:
        """Note that the last snapshot is taken: nothing more is merged, except the results of deliveries."""
        self._closed = True

    def receive(self, client_id: str, reports: Collection[Mapping[str, Any]]) -> None:
        """Merge a worker's report about its runs; answer the part about this one.

        Raises:
            ValueError, TypeError, LookupError: It cannot be read. The unreadable part was not merged.
        """
        ours = [report for report in reports if report["run_id"] == self.run_id]
        self._missing.discard(client_id)
        if self._over and not ours:
            self._expected.discard(client_id)
        for report in ours:
            self._receive(client_id, report)

    def _receive(self, client_id: str, report: Mapping[str, Any]) -> None:
        received = self._wall()
        worker = self.workers.setdefault((client_id, report["instance"]), WorkerState())
        worker.reported = self._monotonic()
        _check_finite(report["clock"], report["skew"], *(part for delta in report["deltas"] for part in delta[1:3]))
        self._take_deltas(client_id, worker, report)
        worker.final = worker.final or report["final"]
        self._take_outcome(client_id, worker, report.get("undelivered"))
        worker.deliveries = [DeliveryState(*state) for state in report.get("deliveries", ())]
        if usage := report.get("usage"):
            worker.usage = (float(usage[0]), float(usage[1]))
        self._check_skew(client_id, worker, report["skew"])
        self._check_instance(client_id, report["instance"])
        answer = {"run_id": self.run_id, "instance": report["instance"], "number": worker.taken, "final": worker.final}
        decided = worker.undelivered is not None
        self._acknowledge(client_id, {**answer, "decided": decided, "sent": report["clock"], "received": received})

    def _take_deltas(self, client_id: str, worker: WorkerState, report: Mapping[str, Any]) -> None:
        if self._closed:
            return
        taken = worker.taken
        for number, age, seconds, packed in report["deltas"]:
            if number == worker.taken + 1:
                totals, worker.until = self._take(worker, packed), worker.reported - age
                self._window.add(client_id, totals, worker.until - seconds, worker.until)
        if worker.taken == taken and not report["final"]:
            # Nothing is sent if there was nothing to count.
            self._window.add(client_id, Totals(), worker.reported, worker.reported)

    def _take(self, worker: WorkerState, packed: Packed) -> Totals:
        delta = worker.decoder.decode(packed)
        self._recorder.absorb(delta)
        worker.taken += 1
        return delta.totals

    def _take_outcome(self, client_id: str, worker: WorkerState, undelivered: bool | None) -> None:
        if undelivered and not worker.undelivered:
            logger.warning(
                "locust-push: run %s: worker %s left samples undelivered; see its log for the reason",
                self.run_id,
                client_id,
            )
        worker.undelivered = worker.undelivered if undelivered is None else undelivered

    def _check_instance(self, client_id: str, instance: str) -> None:
        """Log that two workers write the same series; the characters of their instances prevent it."""
        other = self._writers.setdefault(instance, client_id)
        if self._workers_push and other != client_id and instance not in self.clashes:
            self.clashes.add(instance)
            logger.error(
                "locust-push: workers %s and %s both push as instance %r, so the store lacks requests of one of them; "
                "use one version of locust-push in all workers",
                other,
                client_id,
                instance,
            )

    def _check_skew(self, client_id: str, worker: WorkerState, skew: float | None) -> None:
        worker.clock_skew = skew
        if skew is not None and abs(skew) > self._max_skew and not worker.skew_told:
            worker.skew_told = True
            logger.warning(
                "locust-push: the clock of worker %s is %.1f s %s the master's; its samples are shifted by that in "
                "graphs. Synchronise the clocks (NTP)",
                client_id,
                abs(skew),
                "ahead of" if skew > 0 else "behind",
            )


def _check_finite(*numbers: float | None) -> None:
    """Refuse values that would invalidate every sum and comparison that they are part of.

    Raises:
        ValueError, TypeError: One of them is NaN, infinite, or no number.
    """
    if not all(math.isfinite(number) for number in numbers if number is not None):
        raise ValueError("a number that is not finite")
