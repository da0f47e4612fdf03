"""The ends of an agent that are not peaceful."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import gevent
import pytest

from locust_push.live.agent import Agent
from locust_push.live.deliveries import Deliveries


class IdlePipeline:
    """Has nothing to push."""

    def tick(self) -> Iterator[float]:
        """Nothing."""
        return iter(())


class DistantTimeline:
    """No tick is ever due."""

    def seconds_to_next(self) -> float:
        """Long."""
        return 1000.0


class StuckSender:
    """Never delivers, and may be interrupted while it gives up."""

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
        """Note it."""
        self.deadline = deadline

    def finish(self, deadline: float) -> None:
        """Note it."""
        self.deadline = deadline

    def give_up(self) -> None:
        """Give up, or be interrupted."""
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        self.given_up += 1


class PlainClosing:
    """Delivers, and may be interrupted in its first step."""

    def __init__(self, deliveries: Deliveries, interrupt: BaseException | None) -> None:
        self.interrupt = interrupt
        self.closed = 0
        self._deliveries = deliveries

    def steps(self) -> Iterator[float]:
        """Deliver what there is, all of the time."""
        self._deliveries.hurry()
        yield 0.0
        yield from self._deliveries.wait()
        self.close()

    def close(self) -> None:
        """Count."""
        self._deliveries.close()
        self.closed += 1


class Bench:
    """An agent with stand-ins, started."""

    def __init__(
        self, *senders: StuckSender, interrupt: BaseException | None = None, flush_timeout: float = 0.0
    ) -> None:
        sink = SimpleNamespace(close=lambda: None)
        outlets: list[Any] = [SimpleNamespace(sender=sender, sink=sink) for sender in senders]
        deliveries = Deliveries(outlets, flush_timeout)
        self.closing = PlainClosing(deliveries, interrupt)
        parts: list[Any] = [IdlePipeline(), DistantTimeline(), deliveries, self.closing]
        self.agent = Agent(*parts)
        self.agent.start()


def test_a_stuck_sender_is_given_up_when_the_flush_is_over() -> None:
    """A delivery that hangs is killed at the end of the flush timeout, and what it holds given up."""
    sender = StuckSender()
    bench = Bench(sender)
    bench.agent.finish()
    bench.agent.wait()
    assert (sender.given_up, bench.closing.closed) == (1, 1)


def test_ctrl_c_while_giving_up_forgets_nothing() -> None:
    """Where Ctrl-C hits the greenlet that spools what is left, all senders are given up nevertheless."""
    senders = StuckSender(), StuckSender(interrupts=1), StuckSender()
    bench = Bench(*senders)
    bench.agent.finish()
    bench.agent.wait()
    assert [sender.given_up > 0 for sender in senders] == [True, True, True]
    assert bench.closing.closed == 1


def test_ctrl_c_at_the_last_snapshot_begins_the_flush() -> None:
    """Where Ctrl-C comes while the last snapshot is encoded, what is queued is flushed and given up all the same."""
    sender = StuckSender()
    bench = Bench(sender, interrupt=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        bench.agent.finish()
    assert sender.deadline > 0
    bench.agent.wait()
    assert (sender.given_up, bench.closing.closed) == (1, 1)


@pytest.mark.parametrize("stage", ["flush", "close"])
def test_a_second_ctrl_c_ends_the_flush(stage: str, caplog: pytest.LogCaptureFixture) -> None:
    """The first Ctrl-C is answered with how long it may take, the second gives up long before the deadline."""
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
