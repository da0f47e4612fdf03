"""Irregular ends of an agent."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import gevent
import pytest

from locust_push.live.agent import Agent
from locust_push.live.deliveries import Deliveries
from locust_push.live.faults import Faults


class IdlePipeline:
    """A sink without payloads."""

    def tick(self) -> Iterator[float]:
        """Nothing."""
        return iter(())


class DistantTimeline:
    """A timeline without ticks."""

    def seconds_to_next(self) -> float:
        """Return a long time."""
        return 1000.0


class StuckSender:
    """A sender that never delivers, and may be interrupted while it gives up."""

    undelivered_samples = 0
    trying = True

    def __init__(self, *, interrupts: int = 0) -> None:
        self.interrupts = interrupts
        self.given_up = 0
        self.deadline = 0.0

    def run(self) -> None:
        """Hang."""
        gevent.sleep(1000)

    def hurry(self, deadline: float) -> None:
        """Record the call."""
        self.deadline = deadline

    def finish(self, deadline: float) -> None:
        """Record the call."""
        self.deadline = deadline

    def give_up(self) -> None:
        """Give up, or be interrupted."""
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        self.given_up += 1


class PlainClosing:
    """A closing that delivers, and may be interrupted in its first step."""

    def __init__(self, deliveries: Deliveries, interrupt: BaseException | None) -> None:
        self.interrupt = interrupt
        self.fault: Exception | None = None
        self.closed = 0
        self._deliveries = deliveries

    def steps(self) -> Iterator[float]:
        """Deliver until the deadline."""
        self._deliveries.hurry()
        yield 0.0
        if self.fault:
            raise self.fault
        yield from self._deliveries.wait()
        self.close()

    def close(self) -> None:
        """Count the call."""
        if not self.closed:
            self._deliveries.close()
            self.closed += 1


class Bench:
    """A started agent with stand-ins."""

    def __init__(
        self,
        *senders: StuckSender,
        interrupt: BaseException | None = None,
        flush_timeout: float = 0.0,
        pipeline: Any = None,
        timeline: Any = None,
    ) -> None:
        sink = SimpleNamespace(close=lambda: None)
        outlets: list[Any] = [SimpleNamespace(sender=sender, sink=sink) for sender in senders]
        deliveries = Deliveries(outlets, flush_timeout, Faults())
        self.closing = PlainClosing(deliveries, interrupt)
        self.faults = Faults()
        parts: list[Any] = [
            pipeline or IdlePipeline(),
            timeline or DistantTimeline(),
            deliveries,
            self.closing,
            self.faults,
        ]
        self.agent = Agent(*parts)
        self.agent.start()


def test_a_stuck_sender_is_given_up_when_the_flush_is_over() -> None:
    """A delivery that hangs is killed at the end of the flush timeout, and its data given up."""
    sender = StuckSender()
    bench = Bench(sender)
    bench.agent.finish()
    bench.agent.wait()
    assert (sender.given_up, bench.closing.closed) == (1, 1)


def test_ctrl_c_while_giving_up_forgets_nothing() -> None:
    """If Ctrl-C interrupts the greenlet that spools the rest, all senders are given up nevertheless."""
    senders = StuckSender(), StuckSender(interrupts=1), StuckSender()
    bench = Bench(*senders)
    bench.agent.finish()
    bench.agent.wait()
    assert [sender.given_up > 0 for sender in senders] == [True, True, True]
    assert bench.closing.closed == 1


def test_ctrl_c_at_the_last_snapshot_begins_the_flush() -> None:
    """If Ctrl-C comes while the last snapshot is encoded, queued data is flushed and given up nevertheless."""
    sender = StuckSender()
    bench = Bench(sender, interrupt=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        bench.agent.finish()
    assert sender.deadline > 0
    bench.agent.wait()
    assert (sender.given_up, bench.closing.closed) == (1, 1)


@pytest.mark.parametrize("stage", ["flush", "close"])
def test_a_second_ctrl_c_ends_the_flush(stage: str, caplog: pytest.LogCaptureFixture) -> None:
    """The first Ctrl-C logs the remaining time, the second gives up long before the deadline."""
    sender = StuckSender()
    sender.trying = stage == "flush"
    bench = Bench(sender, flush_timeout=1000)
    bench.agent.finish()
    main = gevent.getcurrent()
    for _ in range(2):
        gevent.spawn_later(0.01, cast("Any", main).throw, KeyboardInterrupt)
    started = time.monotonic()
    bench.agent.wait()
    assert time.monotonic() - started < 100
    assert (sender.given_up, bench.closing.closed) == (1, 1)
    assert "Ctrl-C again gives up" in caplog.text


class DueAtOnce:
    """A timeline whose ticks are always due."""

    def seconds_to_next(self) -> float:
        """Return a short time."""
        return 0.001


class FailingPipeline:
    """A pipeline that fails once."""

    def __init__(self) -> None:
        self.ticks = 0

    def tick(self) -> Iterator[float]:
        """Fail the first time."""
        self.ticks += 1
        if self.ticks == 1:
            raise RuntimeError("a fault of the timeline")
        return iter(())


@pytest.mark.parametrize("killed", [False, True], ids=["it fails", "it is killed"])
def test_ticking_goes_on_after_its_greenlet_has_ended(
    killed: bool,  # a table
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A greenlet that ends early is logged, counted, and restarted; at the end of the run it may end."""
    pipeline = FailingPipeline()
    pipeline.ticks = int(killed)
    bench = Bench(pipeline=pipeline, timeline=DueAtOnce())
    if killed:
        gevent.sleep(0.01)
        assert bench.agent._ticking.greenlet
        bench.agent._ticking.greenlet.kill()
    ticks = pipeline.ticks
    with gevent.Timeout(20):
        while pipeline.ticks <= ticks + 1:
            gevent.sleep(0.01)
    bench.agent.finish()
    bench.agent.wait()
    assert bench.faults.count == 1
    assert "the ticking greenlet" in caplog.text
    capfd.readouterr()  # gevent's word on it


def test_a_forked_child_touches_nothing() -> None:
    """In a forked child nothing is given up, closed or delivered, and nothing ticks."""
    sender = StuckSender()
    bench = Bench(sender)
    bench.agent.silence()
    gevent.sleep(0.01)
    assert bench.agent.finished
    bench.agent.finish()
    bench.agent.wait()
    assert (sender.given_up, bench.closing.closed, bench.faults.count) == (0, 0, 0)


def test_a_fault_in_closing_a_run_closes_it_all_the_same() -> None:
    """Queued data is delivered, or given up and counted, immediately, even if nothing waits for it."""
    sender = StuckSender()
    bench = Bench(sender)
    bench.closing.fault = RuntimeError("a report that nobody can write")
    bench.agent.finish()
    with gevent.Timeout(20):
        while not bench.agent.done:
            gevent.sleep(0.01)
    assert (sender.given_up, bench.closing.closed, bench.faults.count) == (1, 1, 1)
