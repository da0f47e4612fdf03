"""The pipeline by itself: order, the effects of errors, an end during a tick."""

import logging
from collections.abc import Callable, Iterator, Sequence

import pytest

from locust_push.core.durations import HistogramForms
from locust_push.core.metrics import CURRENT_USERS, REQUESTS
from locust_push.core.recorder import Recorder
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import Family, SeriesTable
from locust_push.delivery.retry import Backoff
from locust_push.delivery.sender import Sender
from locust_push.delivery.verdict import Delivered, Verdict
from locust_push.live.faults import Faults
from locust_push.live.pipeline import Outlet, Pipeline, Steps
from locust_push.live.timeline import Timeline
from locust_push.testing import ManualClock, ManualWake
from locust_push.wire.payload import Pause, Payload

INTERVAL = 5.0


class PlainSink:
    """Encodes a snapshot into two payloads whose bodies contain the timestamp and the part."""

    newest_only = False

    def __init__(self, url: str, fault: str = "", pause: float | None = None) -> None:
        """Raise at ``fault``: ``encode`` or ``end``. Request a ``pause`` between the two."""
        self.url = url
        self.snapshots: list[Snapshot] = []
        self.ends: list[Snapshot] = []
        self.attempted: list[Payload] = []
        self._fault = fault
        self._pause = pause

    def open(self) -> None:
        """Nothing."""

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Yield two payloads."""
        self.snapshots.append(snapshot)
        yield self._payload(snapshot, "a")
        if self._fault == "encode":
            raise ValueError("a fault of the sink")
        if self._pause is not None:
            yield self._pause
        yield self._payload(snapshot, "b")

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Yield one payload."""
        if self._fault == "end":
            raise ValueError("a fault of the sink")
        self.ends.append(snapshot)
        yield self._payload(snapshot, "end")

    def attempt(self, payload: Payload) -> Verdict:
        """Deliver."""
        self.attempted.append(payload)
        return Delivered()

    def close(self) -> None:
        """Nothing."""

    @staticmethod
    def _payload(snapshot: Snapshot, part: str) -> Payload:
        return Payload(f"{snapshot.timestamp_ms} {part}".encode(), 1, snapshot.timestamp_ms)


class Bench:
    """A pipeline with all its parts, and one clock for them."""

    def __init__(
        self,
        *sinks: PlainSink,
        collectors: Sequence[Callable[[], None]] = (),
        sources: Sequence[Steps] = (),
        spread: float = 0.0,
    ) -> None:
        self.clock = ManualClock()
        self.table = SeriesTable()
        self.recorder = Recorder(self.table, forms=HistogramForms((1.0,)), max_names=10)
        self.outlets = [Outlet(sink, self._sender(sink)) for sink in sinks]
        self.pipeline = Pipeline(
            self.table,
            [*sources, self.recorder.drain],
            self.outlets,
            collectors,
            Timeline(INTERVAL, wall=self.clock, monotonic=self.clock),
            spread=lambda: spread,
            performance_clock=self.clock,
            faults=Faults(),
        )

    def end(self, before_last: Callable[[], None] = lambda: None) -> None:
        """End the run."""
        self.pipeline.finish(before_last)
        for _ in self.pipeline.close():
            pass

    def _sender(self, sink: PlainSink) -> Sender:
        return Sender(
            sink,
            limit_bytes=1 << 20,
            spool=None,
            backoff=Backoff(lambda: 0.0),
            wake=ManualWake(self.clock),
            monotonic=self.clock,
            wall_clock=self.clock,
        )

    def request(self) -> None:
        """Record one request."""
        self.recorder.on_request(request_type="GET", name="/", response_time=1.0, response_length=1)

    def tick(self) -> list[float]:
        """Make a whole tick one interval later; return the requested pauses."""
        self.clock.now += INTERVAL
        return list(self.pipeline.tick())

    def queued(self, outlet: int = 0) -> list[str]:
        """Let one outlet's sender deliver its payloads, as at the end of a run."""
        sender, sink = self.outlets[outlet].sender, self.outlets[outlet].sink
        assert isinstance(sink, PlainSink)
        sender.finish(float("inf"))
        sender.run()
        taken, sink.attempted = sink.attempted, []
        return [payload.body.decode() for payload in taken]


def test_a_tick_queues_one_snapshot_for_every_sink() -> None:
    """All sinks get the same snapshot, each makes its own payloads."""
    bench = Bench(PlainSink("one"), PlainSink("two"))
    bench.tick()
    assert bench.queued(0) == bench.queued(1) == ["5000 a", "5000 b"]


def test_sending_is_spread_and_timestamps_are_not() -> None:
    """The pause between the snapshot and its encoding is the spread; the timestamp is a multiple of the interval."""
    bench = Bench(PlainSink("one"), spread=0.25)
    assert 0.25 in bench.tick()
    assert bench.queued() == ["5000 a", "5000 b"]


def test_a_pause_of_a_sink_is_handed_on() -> None:
    """The caller waits as long as the sink requests; after a payload it yields."""
    bench = Bench(PlainSink("one", pause=0.25))
    assert bench.tick() == [0.0, 0.0, 0.25, 0.0]
    assert bench.queued() == ["5000 a", "5000 b"]


def test_the_end_in_mid_tick_keeps_the_order() -> None:
    """A tick in progress is queued completely before the last snapshot, which has the later requests."""
    sink = PlainSink("one")
    bench = Bench(sink)
    bench.clock.now += INTERVAL
    work = bench.pipeline.tick()
    while not sink.snapshots:
        next(work)
    bench.request()
    bench.clock.now += 1
    bench.end()
    assert bench.queued() == ["5000 a", "5000 b", "6000 a", "6000 b", "6001 end"]
    assert list(work) == []
    requests = [series.metric is REQUESTS for series in sink.snapshots[-1].series].index(True)
    assert sink.snapshots[-1].values[requests] == 1


def test_the_end_during_the_spread_loses_no_snapshot() -> None:
    """If a run ends while a tick waits for its spread, that tick is still sent first."""
    bench = Bench(PlainSink("one"), spread=1.0)
    bench.clock.now += INTERVAL
    work = bench.pipeline.tick()
    while next(work) != 1.0:
        continue
    bench.end()
    assert bench.queued() == ["5000 a", "5000 b", "5001 a", "5001 b", "5002 end"]


def test_there_is_no_tick_after_the_end() -> None:
    """A tick after the end takes no snapshot."""
    sink = PlainSink("one")
    bench = Bench(sink)
    bench.end()
    assert bench.tick() == []
    assert len(sink.snapshots) == 1


def test_what_is_known_only_at_the_end_is_in_the_last_snapshot() -> None:
    """``before_last`` adds series immediately before the last snapshot."""
    sink = PlainSink("one")
    bench = Bench(sink)

    def add() -> None:
        Family(bench.table, CURRENT_USERS).cell().value = 7

    bench.end(add)
    assert sink.snapshots[0].values[-1] == 7


def test_what_is_known_after_the_last_snapshot_comes_with_the_end() -> None:
    """Series added before the end are in the last snapshot, and in later peeks."""
    sink = PlainSink("one")
    bench = Bench(sink)
    bench.pipeline.finish(lambda: None)
    Family(bench.table, CURRENT_USERS).cell().value = 7
    list(bench.pipeline.close())
    assert sink.ends[0].values[sink.ends[0].known :] == [7]
    assert look(bench).values[-1] == 7


def test_a_collector_that_raises_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    """The tick continues, other collectors are called, and the error is logged once."""
    calls = []

    def broken() -> None:
        raise RuntimeError("Locust has changed")

    bench = Bench(PlainSink("one"), collectors=[broken, lambda: calls.append("called")])
    bench.tick()
    bench.tick()
    assert calls == ["called"] * 2
    assert len(bench.queued()) == 4
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "broken" in record.getMessage()
    assert record.exc_info


@pytest.mark.parametrize("fault", ["encode", "end"])
def test_a_sink_that_raises_does_not_stop_the_others(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """An error in one sink's encoder is logged once; later sinks get every snapshot and the end."""
    bench = Bench(PlainSink("http://broken", fault), PlainSink("http://good"))
    bench.tick()
    bench.tick()
    bench.end()
    assert [body.split()[1] for body in bench.queued(1)] == ["a", "b", "a", "b", "a", "b", "end"]
    [record] = caplog.records
    assert "http://broken" in record.getMessage()
    lost = bench.outlets[0].sender.ledger.lost_by_reason()
    assert bool(lost.get("encoding")) == (fault == "encode")


def test_an_end_that_raises_does_not_cost_the_last_snapshot(caplog: pytest.LogCaptureFixture) -> None:
    """If the summary fails, the run still ends with its last snapshot and markers."""
    bench = Bench(PlainSink("one"))

    def broken() -> None:
        raise RuntimeError("no statistics")

    bench.end(broken)
    assert [body.split()[1] for body in bench.queued()] == ["a", "b", "end"]
    assert "the end of the run" in caplog.text


def test_a_source_that_raises_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    """An error before a snapshot is logged once; the snapshot is taken, with the values of other sources."""

    def broken() -> Iterator[None]:
        yield
        raise RuntimeError("no table")

    sink = PlainSink("one")
    bench = Bench(sink, sources=[broken])
    bench.request()
    bench.tick()
    bench.tick()
    assert len(sink.snapshots) == 2
    assert 1 in sink.snapshots[0].values
    assert len(caplog.records) == 1


def test_the_end_does_not_wait_for_a_tick_that_waits() -> None:
    """A run that ends while a collector delays a tick has its last snapshot; the tick has none."""
    sink = PlainSink("one")
    ended: list[bool] = []

    def held_up() -> Iterator[None]:
        if not ended:
            ended.append(True)
            # As gevent does: another greenlet runs while this one waits.
            bench.end()
        yield

    bench = Bench(sink, sources=[held_up])
    bench.request()
    bench.tick()
    assert len(sink.snapshots) == 1
    assert 1 in sink.snapshots[0].values
    assert bench.queued()[-1].endswith("end")


def look(bench: Bench) -> Snapshot:
    """Peek to the end."""
    steps = bench.pipeline.look()
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found: Snapshot = stop.value
            return found


def test_a_look_is_of_now_and_leaves_no_trace() -> None:
    """A peek has the requests since the last tick, and does not affect the next tick."""
    sink = PlainSink("one")
    bench = Bench(sink)
    bench.tick()
    bench.request()
    seen = look(bench)
    assert 1 in seen.values
    bench.tick()
    assert [snapshot.known for snapshot in sink.snapshots] == [0, 0]
    assert sink.snapshots[1].values == seen.values


def test_a_look_after_the_end_sees_the_last_snapshot() -> None:
    """Requests after the end are not part of the run."""
    sink = PlainSink("one")
    bench = Bench(sink)
    bench.request()
    bench.end()
    bench.request()
    assert look(bench).values == sink.snapshots[-1].values
