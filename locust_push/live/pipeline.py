"""The data flow of one run in one process, without any waiting: rings, aggregates, snapshots, payloads, queues.

The agent calls :meth:`Pipeline.tick` at each tick, and :meth:`Pipeline.finish` at the end. Work is divided into steps,
between which the agent lets other greenlets run, so that the users under test never wait long.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from inspect import GEN_RUNNING, getgeneratorstate

from locust_push.core.clock import Clock
from locust_push.core.record import record
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable
from locust_push.delivery.ledger import ENCODING, dropped
from locust_push.delivery.sender import Sender
from locust_push.live.faults import Faults
from locust_push.live.timeline import Timeline
from locust_push.outputs.sink import Sink
from locust_push.wire.payload import Pause, Payload

Steps = Callable[[], Iterator[None]]
"""Work in steps, between which other greenlets may run."""


@record(frozen=True, slots=True)
class Outlet:
    """One ``--push-url``: the encoder of its snapshots, and their sender."""

    sink: Sink
    sender: Sender


class Pipeline:
    """Everything between Locust's events and the queues."""

    def __init__(
        self,
        table: SeriesTable,
        sources: Sequence[Steps],
        outlets: Sequence[Outlet],
        collectors: Sequence[Callable[[], None]],
        timeline: Timeline,
        *,
        spread: Callable[[], float],
        performance_clock: Clock,
        faults: Faults,
        observers: Sequence[Callable[[Snapshot], None]] = (),
    ) -> None:
        """Assemble the parts of a run.

        Args:
            table: The series that are pushed.
            sources: Update it before a snapshot, in steps, one after the other; each may be called again before its
                steps are finished.
            outlets: The destinations of snapshots.
            collectors: Called before each snapshot to set cells of the table.
            timeline: Provides the timestamps.
            spread: Returns random seconds to pause between a snapshot and sending it, so that hundreds of workers do
                not push at the same moment.
            performance_clock: Measures encoding, seconds.
            faults: Catches errors of one part, so that other parts and later ticks continue.
            observers: Called with each snapshot.
        """
        self._table = table
        self._sources = sources
        self._outlets = outlets
        self._collectors = collectors
        self._observers = observers
        self._timeline = timeline
        self._spread = spread
        self._performance_clock = performance_clock
        self._last_ms: int | None = None
        self._work = _nothing()
        self._finished = False
        self._faults = faults

    def tick(self) -> Generator[float, None, None]:
        """Take and encode one snapshot, in steps; each step yields how long to pause before the next, in seconds.

        Another tick may only be started after the last step; :meth:`finish` may be called at any time, and ends the
        tick.
        """
        self._work = _nothing() if self._finished else self._snapshot_steps()
        return self._work

    def finish(self, before_last: Callable[[], None]) -> None:
        """Complete a tick in progress, then take and encode the last snapshot of the run, without steps.

        ``before_last`` adds series that are only known at the end.
        """
        # A tick that waits for a third-party collector has taken no snapshot yet, and cannot be continued here.
        if getgeneratorstate(self._work) != GEN_RUNNING:
            for _ in self._work:
                pass
        self._finished = True
        for _ in self._bring_up_to_date():
            pass
        with self._faults.contained("the end of the run"):
            before_last()
        snapshot = self._take_snapshot(*self._timeline.final())
        self._last_ms = snapshot.timestamp_ms
        for _ in self._encode(snapshot):
            pass

    def close(self) -> Iterator[float]:
        """Encode what was added to the table after :meth:`finish`, and end all series; in steps."""
        timestamp_ms, previous_ms = self._timeline.final()
        snapshot = self._table.snapshot(timestamp_ms, previous_ms)
        self._last_ms = timestamp_ms
        for outlet in self._outlets:
            with self._faults.contained(f"ending the series at {outlet.sink.url}"):
                yield from self._put(outlet, outlet.sink.end(snapshot))

    def look(self) -> Generator[float, None, Snapshot]:
        """Return what a snapshot would contain now, in steps, without taking one; after the end the last one."""
        yield from self._bring_up_to_date()
        if self._last_ms is None:
            self._read_gauges()
        return self._table.look(self._last_ms or self._timeline.now_ms())

    def _snapshot_steps(self) -> Generator[float, None, None]:
        yield from self._bring_up_to_date()
        if self._finished:
            return
        snapshot = self._take_snapshot(*self._timeline.tick())
        yield self._spread()
        yield from self._encode(snapshot)

    def _bring_up_to_date(self) -> Iterator[float]:
        for source in () if self._last_ms else self._sources:
            with self._faults.contained(f"working through {_name(source)}"):
                for _ in source():
                    yield 0.0

    def _take_snapshot(self, timestamp_ms: int, previous_ms: int) -> Snapshot:
        self._read_gauges()
        snapshot = self._table.snapshot(timestamp_ms, previous_ms)
        for observe in self._observers:
            with self._faults.contained(f"keeping a snapshot by {_name(observe)}"):
                observe(snapshot)
        return snapshot

    def _read_gauges(self) -> None:
        for collect in self._collectors:
            with self._faults.contained(f"reading {_name(collect)}"):
                collect()

    def _encode(self, snapshot: Snapshot) -> Iterator[float]:
        for outlet in self._outlets:
            with self._faults.contained(f"encoding for {outlet.sink.url}"):
                yield from self._encode_for(outlet, snapshot)

    def _encode_for(self, outlet: Outlet, snapshot: Snapshot) -> Iterator[float]:
        outlet.sender.begin_tick()
        spent, started = 0.0, self._performance_clock()
        for pause in self._put(outlet, _counted(outlet, snapshot)):
            spent += self._performance_clock() - started
            yield pause
            started = self._performance_clock()
        outlet.sender.ledger.encoded(spent)

    @staticmethod
    def _put(outlet: Outlet, steps: Iterator[Payload | Pause]) -> Iterator[float]:
        for step in steps:
            if isinstance(step, Payload):
                outlet.sender.put(step)
                yield 0.0
            else:
                yield step


def _counted(outlet: Outlet, snapshot: Snapshot) -> Iterator[Payload | Pause]:
    """Yield the payloads of a snapshot; samples that an error of the encoder omits are counted as lost."""
    left = len(snapshot.values) + len(snapshot.histograms) - len(snapshot.absent)
    try:
        for step in outlet.sink.encode(snapshot):
            left -= step.samples if isinstance(step, Payload) else 0
            yield step
    except Exception:
        outlet.sender.ledger.count(dropped(ENCODING), max(1, left))
        raise


def _nothing() -> Generator[float, None, None]:
    yield from ()


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__qualname__", repr(function))
