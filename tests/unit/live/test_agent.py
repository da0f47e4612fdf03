"""The ends of an agent that are not peaceful."""

import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import gevent
import pytest

from locust_push.live.agent import Agent


class IdlePipeline:
    """Has nothing to push, and may be interrupted at its end."""

    def __init__(self, *, interrupted: bool = False) -> None:
        self.interrupted = interrupted

    def tick(self) -> Iterator[float]:
        """Nothing."""
        return iter(())

    def finish(self, before_last: Callable[[], None]) -> None:
        """Call, or be interrupted."""
        if self.interrupted:
            raise KeyboardInterrupt
        before_last()


class DistantTimeline:
    """No tick is ever due."""

    def seconds_to_next(self) -> float:
        """Long."""
        return 1000.0


class StuckSender:
    """Never delivers, and may be interrupted while it gives up."""

    undelivered_samples = 0

    def __init__(self, *, interrupts: int = 0) -> None:
        self.interrupts = interrupts
        self.given_up = 0
        self.deadline = 0.0

    def run(self) -> None:
        """Hang."""
        gevent.sleep(1000)

    def finish(self, deadline: float) -> None:
        """Note it."""
        self.deadline = deadline

    def give_up(self) -> None:
        """Give up, or be interrupted."""
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        self.given_up += 1


class Bench:
    """An agent with stand-ins, started."""

    def __init__(self, *senders: StuckSender, pipeline: IdlePipeline | None = None, flush_timeout: float = 0.0) -> None:
        self.closed = 0
        parts: list[Any] = [pipeline or IdlePipeline(), DistantTimeline(), senders]
        self.agent = Agent(*parts, flush_timeout=flush_timeout, closed=self.close)
        self.agent.start()

    def close(self) -> None:
        """Count."""
        self.closed += 1


def nothing() -> None:
    """Add nothing at the end."""


def test_a_stuck_sender_is_given_up_when_the_flush_is_over() -> None:
    """A delivery that hangs is killed at the end of the flush timeout, and what it holds given up."""
    sender = StuckSender()
    bench = Bench(sender)
    bench.agent.finish(nothing)
    bench.agent.wait()
    assert (sender.given_up, bench.closed) == (1, 1)


def test_ctrl_c_while_giving_up_forgets_nothing() -> None:
    """Where Ctrl-C hits the greenlet that spools what is left, all senders are given up nevertheless."""
    senders = StuckSender(), StuckSender(interrupts=1), StuckSender()
    bench = Bench(*senders)
    bench.agent.finish(nothing)
    bench.agent.wait()
    assert [sender.given_up > 0 for sender in senders] == [True, True, True]
    assert bench.closed == 1


def test_ctrl_c_at_the_last_snapshot_begins_the_flush() -> None:
    """Where Ctrl-C comes while the last snapshot is encoded, what is queued is flushed and given up all the same."""
    sender = StuckSender()
    bench = Bench(sender, pipeline=IdlePipeline(interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        bench.agent.finish(nothing)
    assert sender.deadline > 0
    bench.agent.wait()
    assert (sender.given_up, bench.closed) == (1, 1)


def test_a_second_ctrl_c_ends_the_flush(caplog: pytest.LogCaptureFixture) -> None:
    """The first Ctrl-C is answered with how long it may take, the second gives up long before the deadline."""
    sender = StuckSender()
    bench = Bench(sender, flush_timeout=1000)
    bench.agent.finish(nothing)
    main = gevent.getcurrent()
    for _ in range(2):
        gevent.spawn_later(0.01, cast("Any", main).throw, KeyboardInterrupt)
    started = time.monotonic()
    bench.agent.wait()
    assert time.monotonic() - started < 100
    assert (sender.given_up, bench.closed) == (1, 1)
    assert "Ctrl-C again gives up" in caplog.text
