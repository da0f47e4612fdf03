"""The wall clock is wrong, or jumps: the latter simulated with manual clocks, since a real run cannot have it."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

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
from tests.faults.cases import ARCHIVE, PUSHGATEWAY, REMOTE_WRITE
from tests.faults.lanes import PushgatewayLane, RemoteWriteLane
from tests.faults.record import Record, keep_counts
from tests.faults.stage import LOAD, PUSH, lost
from tests.real.archive import archived
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.target import Target
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
    assert lost_at_the_end(prometheus, case, machine).keys() == (set() if ticks == 1 else {"http_400"})


def lost_at_the_end(prometheus: Prometheus, case: str, machine: Machine) -> dict[str, int]:
    """End the run, write its record, assert that the store has all requests; return the lost samples by reason."""
    machine.end()
    stored = RemoteWriteLane(prometheus).stored(case)
    lost = machine.sender.ledger.lost_by_reason()
    note = "clocks turned by hand"
    Record(case, RemoteWriteLane.protocol, machine.requests, int(stored.requests), lost=lost, note=note).keep()
    assert stored == Counts(machine.requests, 0, machine.requests)
    return lost


def test_the_wall_clock_is_set_back(prometheus: Prometheus) -> None:
    """After a step back, timestamps continue at the rate of the monotonic clock, and Prometheus accepts all."""
    machine = Machine(prometheus.write_url, RUN_ID)
    machine.work(3)
    machine.wall.now -= STEP_BACK
    machine.work(3)
    assert lost_at_the_end(prometheus, RUN_ID, machine) == {}


WRONG = {"clock-wrong-2h": lambda: 7200.0, "clock-wrong-1970": lambda: 3600.0 - time.time()}


@pytest.mark.parametrize("case", WRONG)
def test_a_clock_that_is_wrong_from_the_start(
    case: str, prometheus: Prometheus, pushgateway: Pushgateway, target: Target, tmp_path: Path
) -> None:
    """What a receiver refuses for its time is counted, and the log says why; others have it all, at that time."""
    machine = Machine(prometheus.write_url, f"{case}-before")  # an empty Prometheus takes whatever comes first
    machine.work(2)
    machine.end()
    offset = WRONG[case]()
    urls = ("--push-url", prometheus.write_url, "--push-url", pushgateway.url, "--push-url", "file:runs")
    with LocustProcess(
        tmp_path, *HEADLESS, *LOAD, *PUSH, *urls, "--push-run-id", case, "-H", target.url,
        locustfile="wrong_clock.py", environ={"CLOCK_OFFSET": f"{offset:f}"},
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 100) == 0, locust.output
    served = target.total()
    stored = RemoteWriteLane(prometheus).stored(case).requests
    kept = {
        ARCHIVE: archived(tmp_path / "runs", case).requests,
        PUSHGATEWAY: PushgatewayLane(pushgateway).stored(case).requests,
    }
    for protocol, count in kept.items():
        keep_counts(case, protocol, served, count)
        assert count == served
    Record(case, REMOTE_WRITE, round(served), round(stored), exit_code=0, lost=dict(lost(locust))).keep()
    assert lost(locust).keys() == {"http_400"}
    words = "7,200 s ahead" if offset > 0 else "s behind"
    assert locust.output.count(f"{words}: samples are stored at a wrong time, refused") == 2
