"""A sender with a manual clock and all its collaborators."""

from pathlib import Path

from locust_push.delivery.retry import Backoff
from locust_push.delivery.sender import PayloadReceiver, Sender
from locust_push.delivery.spool import Spool
from locust_push.delivery.verdict import Rejected, Retry, Verdict
from locust_push.testing import ManualClock, ManualWake
from tests.unit.delivery.disk import numbers
from tests.unit.delivery.fakes import ScriptedSink, Step, payload

DOWN = Retry("connection", "Connection refused")
BAD = Rejected("http_400", "out of order sample")
WALL = 1_700_000_000.0


class Killed(BaseException):
    """Ends a greenlet."""


def die() -> Verdict:
    raise Killed


class Stage:
    """A sender with a manual clock, a scripted sink or another, and waits that always take their whole bound."""

    def __init__(
        self,
        *script: Step,
        newest_only: bool = False,
        limit_bytes: int = 1000,
        folder: Path | None = None,
        receiver: PayloadReceiver | None = None,
    ) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.wake = ManualWake(self.clock)
        self.sink = ScriptedSink(self.clock, script, newest_only=newest_only)
        self.sender = Sender(
            receiver or self.sink,
            limit_bytes=limit_bytes,
            spool=Spool(folder, {}) if folder else None,
            backoff=Backoff(random=lambda: 1.0),
            wake=self.wake,
            monotonic=self.clock,
            wall_clock=lambda: WALL + self.clock.now,
        )
        self.ledger = self.sender.ledger

    def put(self, *numbers: int, size: int = 10, samples: int = 1) -> None:
        """Queue numbered payloads."""
        for number in numbers:
            self.sender.put(payload(number, size, samples))

    def finish(self, *, at: float = 0.0, within: float = 10.0) -> None:
        """Schedule the end of the run."""
        self.clock.at(at, lambda: self.sender.finish(at + within))

    def run(self, *, end: float = 1000.0, flush: float = 10.0) -> None:
        """Run until finished at ``end``, unless an earlier end was scheduled."""
        self.finish(at=end, within=flush)
        self.sender.run()

    def attempts(self) -> list[int]:
        """Return the numbers of the attempted payloads."""
        return [number for _, number in self.sink.attempts]

    def spooled(self) -> list[int]:
        """Return the numbers of the payloads that a replay would deliver."""
        assert self.folder
        return numbers(self.folder)

    def times(self) -> list[float]:
        """Return the times of the attempts."""
        return [round(time, 6) for time, _ in self.sink.attempts]
