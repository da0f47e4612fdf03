"""A target, a misbehaving receiver, a real store behind it, and Locust between them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from locust_push.testing import Receiver
from tests.faults.lanes import Lane
from tests.faults.record import FOLDER_VARIABLE, Record
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.poll import eventually
from tests.servers.target import Target

FLUSH_TIMEOUT = 1.0
SLACK = 1.5 if os.environ.get(FOLDER_VARIABLE) else 15.0
"""Seconds: 0.5 is promised, the rest is for a machine that does other work as well, and much of it in the suite."""

LOAD = ("-u", "4", "-r", "4")
SPOOL = ("--push-spool", "spool")
PUSH = (
    "--push-interval", "300ms", "--push-timeout", "700ms", "--push-flush-timeout", f"{FLUSH_TIMEOUT:g}s",
    # The list of groups would be a request before the ones that the scripts are for.
    "--push-gateway-retention", "0",
)  # fmt: skip

_LOST = re.compile(r"samples lost \(([^)]*)\)")


@dataclass(frozen=True)
class Stage:
    """Everything that one case needs."""

    lane: Lane
    target: Target
    receiver: Receiver
    folder: Path
    usual_exit: float

    @property
    def run_id(self) -> str:
        """The ID of the run."""
        return self.folder.name

    @property
    def push_url(self) -> str:
        """The URL of the misbehaving receiver."""
        return self.receiver.url + self.lane.path

    @property
    def spool(self) -> Path:
        """The folder for undelivered data."""
        return self.folder / "spool"

    def arguments(self, push_url: str | None = None) -> tuple[str, ...]:
        """The arguments that all runs share, without the load."""
        push = (*PUSH, *SPOOL, "--push-run-id", self.run_id, "--push-url", push_url or self.push_url)
        return (*HEADLESS, "-H", self.target.url, *push)

    def locust(self, *arguments: str, push_url: str | None = None, **options: Any) -> LocustProcess:
        """Start a run; further arguments override the usual ones."""
        return LocustProcess(self.folder, *self.arguments(push_url), *LOAD, *arguments, **options)

    def run(self, case: str, *arguments: str, push_url: str | None = None) -> tuple[Record, LocustProcess]:
        """Make a run whose fault is in the receiver or the arguments, and return its record."""
        with self.locust("-t", "3s", *arguments, push_url=push_url) as locust:
            delay = run_end_to_exit(locust)
        record = self.outcome(case, locust, delay=delay)
        assert_survived(record, locust)
        return record, locust

    def await_load(self, requests: int = 60) -> None:
        """Wait until the target has served a number of further requests."""
        before = self.target.total()
        eventually(lambda: self.target.total() >= before + requests, within=30)

    def await_pushes(self, count: int = 2) -> None:
        """Wait until the receiver has received a number of requests."""
        self.receiver.wait_until(lambda receiver: len(receiver.requests) >= count, within=30)

    def served(self) -> Counts:
        """Return the count of the target."""
        return Counts.served(self.target)

    def stored(self) -> Counts:
        """Return the count of the store."""
        return self.lane.stored(self.run_id)

    def outcome(self, case: str, *processes: LocustProcess, delay: float, note: str = "") -> Record:
        """Replay the remaining data, and make the record; the exit code is that of the first process."""
        after_run, served = self.stored(), self.served()
        after_replay = self._replayed() if any(self.spool.rglob("*.segment")) else None
        last = after_replay or after_run
        requests = int(last.requests)
        assert (last.requests, last.failures) == (last.durations, last.failures)
        if requests == served.requests:
            assert last == served
        record = Record(
            case,
            self.lane.protocol,
            served=int(served.requests),
            after_run=int(after_run.requests),
            after_replay=None if after_replay is None else int(after_replay.requests),
            exit_code=processes[0].exit_code,
            exit_delay=delay - self.usual_exit,
            lost=dict(sum((lost(process) for process in processes), Counter())),
            note=note,
        )
        record.keep()
        return record

    def _replayed(self) -> Counts:
        """Deliver the spooled data directly to the store."""
        program = Path(sys.executable).with_name("locust-push")
        command = [str(program), "replay", str(self.spool), "--push-url", self.lane.server.url + self.lane.path]
        done = subprocess.run(command, check=False, text=True, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.stored()


def lost(locust: LocustProcess) -> Counter[str]:
    """Return the lost samples that the processes of one command report, by reason."""
    found: Counter[str] = Counter()
    for reasons in _LOST.findall(locust.output):
        for reason, count in (each.split(": ") for each in reasons.split(", ") if ": " in each):
            found[reason] += int(count.replace(",", ""))
    return found


def assert_survived(record: Record, locust: LocustProcess) -> None:
    """Assert what holds in every case that a process survives."""
    assert record.exit_code == 0, locust.output
    assert record.complete, f"{record}\n{locust.output}"
    assert record.exit_delay is not None
    assert record.exit_delay < FLUSH_TIMEOUT + SLACK, locust.output
    assert record.served > 50
    assert "Traceback" not in locust.output, locust.output


def run_end_to_exit(locust: LocustProcess) -> float:
    """Wait for the end of a timed run; return seconds from the log line at its end to the end of the process."""
    locust.wait()
    ended = time.time()
    line = next(line for line in locust.output.splitlines() if "limit reached" in line)
    moment = datetime.strptime(line[1:24], "%Y-%m-%d %H:%M:%S,%f").astimezone()
    return ended - moment.timestamp()
