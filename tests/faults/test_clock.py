"""Jumps of the wall clock, simulated with manual clocks, since a real run cannot have them."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext

import pytest

from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.retry import Backoff
from locust_push.delivery.sender import Sender
from locust_push.live.faults import Faults
from locust_push.live.pipeline import Outlet, Pipeline
from locust_push.live.timeline import Timeline
from locust_push.outputs.remote_write.sink import RemoteWriteSink
from locust_push.testing import ManualClock, ManualWake
from locust_push.wire.remote_write.version import Version
from tests.faults.lanes import RemoteWriteLane
from tests.faults.record import Record
from tests.real.counts import Counts
from tests.servers.prometheus import Prometheus
from tests.unit.delivery.fakes import endpoint

INTERVAL = 5.0
STEP_BACK = 60.0
STEP_AHEAD = 3600.0
PER_TICK = 7
RUN_ID = "clock-back"


def unlimited(_: float) -> AbstractContextManager[None]:
    """Wait without a limit."""
    return nullcontext()


class Machine:
    """One process of a run with manual clocks that pushes to a real Prometheus."""

    def __init__(self, write_url: str, run_id: str) -> None:
        self.monotonic = ManualClock(1000.0)
        self.wall = ManualClock(time.time() - 300)
        self.requests = 0
        table = SeriesTable()
        self._recorder = Recorder(table, forms=HistogramForms((0.1, 1.0)), max_names=10)
        transport = HttpTransport(endpoint(), unlimited, self.wall)
        labels = (("job", "locust"), ("instance", "here"), ("run_id", run_id))
        sink = RemoteWriteSink(write_url, transport=transport, labels=labels, only=Version.V1)
        self.sender = Sender(
            sink,
            limit_bytes=1 << 20,
            spool=None,
            backoff=Backoff(lambda: 0.0),
            wake=ManualWake(self.monotonic),
            monotonic=self.monotonic,
            wall_clock=self.wall,
        )
        self._timeline = Timeline(INTERVAL, wall=self.wall, monotonic=self.monotonic)
        outlets = [Outlet(sink, self.sender)]
        self._pipeline = Pipeline(
            table,
            [self._recorder.drain],
            outlets,
            [],
            self._timeline,
            spread=lambda: 0.0,
            performance_clock=time.perf_counter,
            faults=Faults(),
        )

    def work(self, ticks: int) -> None:
        """Make requests before each of a number of ticks."""
        for _ in range(ticks):
            self._pass(self._timeline.seconds_to_next())
            for _ in range(PER_TICK):
                self._recorder.on_request(request_type="GET", name="/", response_time=20.0, response_length=1)
            self.requests += PER_TICK
            for _ in self._pipeline.tick():
                pass

    def end(self) -> None:
        """Take the last snapshot and deliver everything."""
        self._pass(1.0)
        self._pipeline.finish(lambda: None)
        for _ in self._pipeline.close():
            pass
        self.sender.finish(self.monotonic() + 10)
        self.sender.run()

    def _pass(self, seconds: float) -> None:
        for clock in (self.monotonic, self.wall):
            clock.advance(clock.now + seconds)


@pytest.mark.parametrize(("case", "ticks"), [("clock-ahead", 1), ("clock-ahead-long", 12)])
def test_the_wall_clock_is_ahead_for_a_while(prometheus: Prometheus, case: str, ticks: int) -> None:
    """After an hour ahead, for seconds or a minute, Prometheus accepts later data; in the first case all data."""
    machine = Machine(prometheus.write_url, case)
    machine.work(3)
    machine.wall.now += STEP_AHEAD
    machine.work(ticks)
    machine.wall.now -= STEP_AHEAD
    machine.work(3)
    machine.end()
    stored = RemoteWriteLane(prometheus).stored(case)
    lost = machine.sender.ledger.lost_by_reason()
    keep(case, machine, stored, lost)
    assert stored == Counts(machine.requests, 0, machine.requests)
    assert lost.keys() == (set() if ticks == 1 else {"http_400"})


def keep(case: str, machine: Machine, stored: Counts, lost: dict[str, int]) -> None:
    """Write the record of a case."""
    note = "clocks turned by hand"
    Record(case, RemoteWriteLane.protocol, machine.requests, int(stored.requests), lost=lost, note=note).keep()


def test_the_wall_clock_is_set_back(prometheus: Prometheus) -> None:
    """After a step back, timestamps continue at the rate of the monotonic clock, and Prometheus accepts all."""
    machine = Machine(prometheus.write_url, RUN_ID)
    machine.work(3)
    machine.wall.now -= STEP_BACK
    machine.work(3)
    machine.end()
    stored = RemoteWriteLane(prometheus).stored(RUN_ID)
    lost = machine.sender.ledger.lost_by_reason()
    keep(RUN_ID, machine, stored, lost)
    assert stored == Counts(machine.requests, 0, machine.requests)
    assert lost == {}
