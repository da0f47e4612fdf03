"""What a worker adds to Locust's own reports, and what the master makes of it.

Every delta has a number and is sent again with each report until the master has acknowledged it, so that reports may be
lost, come late or come twice: the master takes each delta once and in order. Imports nothing of Locust.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from locust_push.core.recorder import Recorder
from locust_push.core.window import Window
from locust_push.timeline import Clock
from locust_push.wire.report import Packed, ReportDecoder, ReportEncoder

logger = logging.getLogger(__name__)

KEY = "locust_push"
"""Where our part stands in a report of Locust's."""

ACKNOWLEDGE = "locust_push_acknowledge"
"""The message from master to worker that answers a report."""

MAX_UNACKNOWLEDGED = 20
"""A minute without an answer. What is recorded beyond waits in the aggregates until there is one."""


@dataclass(slots=True)
class _Sent:
    number: int
    start: float
    end: float
    packed: Packed


class WorkerReports:
    """The reports of one worker in one run."""

    def __init__(self, run_id: str, recorder: Recorder, *, monotonic: Clock, wall: Clock) -> None:
        """Report what ``recorder`` has drained."""
        self.run_id = run_id
        self.clock_skew: float | None = None
        self._recorder = recorder
        self._monotonic = monotonic
        self._wall = wall
        self._encoder = ReportEncoder()
        self._unacknowledged: deque[_Sent] = deque()
        self._number = 0
        self._last = monotonic()
        self._finished = False

    def __repr__(self) -> str:
        return f"<WorkerReports {self.run_id}: {self._number} sent, {len(self._unacknowledged)} unacknowledged>"

    @property
    def done(self) -> bool:
        """Whether the run is over and the master has all of it."""
        return self._finished and not self._unacknowledged

    def finish(self) -> None:
        """All is drained; the next report is complete."""
        self._finished = True

    def report(self) -> dict[str, Any]:
        """Our part of the report that is sent now."""
        now = self._monotonic()
        if len(self._unacknowledged) < MAX_UNACKNOWLEDGED:
            self._take(now)
        deltas = [[sent.number, now - sent.end, sent.end - sent.start, sent.packed] for sent in self._unacknowledged]
        return {
            "run_id": self.run_id,
            "deltas": deltas,
            "final": self._finished,
            "clock": self._wall(),
            "skew": self.clock_skew,
        }

    def acknowledged(self, number: int, sent: float, received: float) -> None:
        """The master has all deltas up to ``number``.

        It ``received`` the report that was ``sent``, Unix seconds, each by its own clock. The clock skew is the offset
        of RFC 5905 section 8, with the master's one reading for both of its times.
        """
        while self._unacknowledged and self._unacknowledged[0].number <= number:
            self._unacknowledged.popleft()
        self.clock_skew = (sent + self._wall()) / 2 - received

    def _take(self, now: float) -> None:
        delta = self._recorder.take_recent()
        if delta:
            self._number += 1
            self._unacknowledged.append(_Sent(self._number, self._last, now, self._encoder.encode(delta)))
        self._last = now


@dataclass(slots=True)
class WorkerState:
    """What the master knows of a worker.

    Attributes:
        taken: Number of the last delta taken.
        final: Whether its part of the run is complete.
        clock_skew: Seconds by which its wall clock is ahead of the master's; None until it has been measured.
    """

    decoder: ReportDecoder = field(default_factory=ReportDecoder)
    taken: int = 0
    final: bool = False
    clock_skew: float | None = None
    skew_told: bool = False


class MasterReports:
    """The reports of all workers in one run, merged into one recorder."""

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
    ) -> None:
        """Merge into ``recorder`` and ``window``.

        Args:
            run_id: Reports of other runs are left alone.
            recorder: Takes what the workers recorded.
            window: The same, for rates.
            max_skew: Clock skew in seconds beyond which a worker is warned of, once.
            monotonic: Times for the window.
            wall: The master's wall clock, for the skew.
            acknowledge: Sends a message to a worker, by its client ID.
        """
        self.run_id = run_id
        self.workers: dict[str, WorkerState] = {}
        self._recorder = recorder
        self._window = window
        self._max_skew = max_skew
        self._monotonic = monotonic
        self._wall = wall
        self._acknowledge = acknowledge

    def __repr__(self) -> str:
        return f"<MasterReports {self.run_id} of {len(self.workers)} workers>"

    @property
    def largest_clock_skew(self) -> float:
        """The largest clock skew of a worker, without its sign, seconds."""
        return max((abs(worker.clock_skew) for worker in self.workers.values() if worker.clock_skew), default=0.0)

    def complete(self, expected: set[str]) -> bool:
        """Whether all of ``expected``, client IDs, have sent their last report."""
        return all(client_id in self.workers and self.workers[client_id].final for client_id in expected)

    def receive(self, client_id: str, report: Mapping[str, Any]) -> None:
        """Take in our part of a worker's report, and answer it."""
        if report["run_id"] != self.run_id:
            return
        received = self._wall()
        worker = self.workers.setdefault(client_id, WorkerState())
        for number, age, seconds, packed in report["deltas"]:
            if number == worker.taken + 1:
                self._take(worker, self._monotonic() - age, seconds, packed)
        worker.final = worker.final or report["final"]
        self._check_skew(client_id, worker, report["skew"])
        answer = {"run_id": self.run_id, "number": worker.taken, "sent": report["clock"], "received": received}
        self._acknowledge(client_id, answer)

    def _take(self, worker: WorkerState, end: float, seconds: float, packed: Packed) -> None:
        delta = worker.decoder.decode(packed)
        self._recorder.absorb(delta)
        self._window.add(delta, end - seconds, end)
        worker.taken += 1

    def _check_skew(self, client_id: str, worker: WorkerState, skew: float | None) -> None:
        worker.clock_skew = skew
        if skew is not None and abs(skew) > self._max_skew and not worker.skew_told:
            worker.skew_told = True
            logger.warning(
                "locust-push: the clock of worker %s is %.1f s %s the master's; its samples lie that far off in "
                "graphs. Synchronise the clocks (NTP)",
                client_id,
                abs(skew),
                "ahead of" if skew > 0 else "behind",
            )
