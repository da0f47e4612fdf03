"""A process of a distributed run is killed and cannot send its last report."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from tests.faults.lanes import remote_write_only
from tests.faults.stage import FLUSH_TIMEOUT, SLACK, SPOOL, Stage
from tests.real.command_lines import HEADLESS
from tests.real.locust_process import LocustProcess
from tests.servers.poll import eventually
from tests.servers.ports import free_port

LOCUSTFILE = "short_heartbeats.py"

USERS_PER_WORKER = 2
IN_A_TICK = USERS_PER_WORKER * 20 * 0.3
"""Requests that a worker makes between two pushes: 20 a second by each user."""

ON_THEIR_WAY = 10
"""Requests that more may be missing: in flight, or made while the last push was spread, encoded and sent."""

SPAWNED = re.compile("All users spawned|not all reports received from workers")
"""What Locust says when its workers have their users; the latter where they take more than a second to say so."""


@contextmanager
def distributed(folder: Path, workers: int, *arguments: str) -> Iterator[tuple[LocustProcess, ...]]:
    """Start a master and its workers as separate commands, and wait until all make requests."""
    port = str(free_port())
    users = str(workers * USERS_PER_WORKER)
    as_master = ("--master", "--master-bind-port", port, "--expect-workers", str(workers), "-u", users, "-r", users)
    # A worker that loses its master takes its exit code from the failures since its last report: no matter here.
    as_worker = ("--worker", "--master-port", port, *SPOOL, "--exit-code-on-error", "0")
    with ExitStack() as stack:
        master, *others = (
            stack.enter_context(LocustProcess(folder, *role, locustfile=LOCUSTFILE))
            for role in [(*as_master, *arguments), *[as_worker] * workers]
        )
        eventually(lambda: SPAWNED.search(master.output), within=60)
        yield master, *others


def without_a_worker(
    folder: Path, loaded: Callable[[], None], *arguments: str
) -> tuple[LocustProcess, list[LocustProcess], float]:
    """Kill one worker of three and end the run; return master, workers and the duration of their exit."""
    with distributed(folder, 3, *arguments) as (master, victim, *others):
        loaded()
        victim.signal(signal.SIGKILL)
        master.wait_for("setting state to missing")
        sent = master.signal(signal.SIGTERM)
        for process in (master, *others):
            process.wait()
        return master, others, time.monotonic() - sent


@remote_write_only
def test_a_worker_is_killed(stage: Stage) -> None:
    """At most the data since its last push is missing, and the master logs that."""
    elsewhere = stage.folder / "usual"
    elsewhere.mkdir()
    *_, usual_exit = without_a_worker(elsewhere, lambda: None, *HEADLESS, "-H", "http://127.0.0.1:1")
    # A master takes longer to end than the one process that other cases are compared with.
    stage = replace(stage, usual_exit=usual_exit)
    master, others, delay = without_a_worker(stage.folder, lambda: stage.await_load(100), *stage.arguments())
    record = stage.outcome("worker-killed", master, *others, delay=delay, note="the master says so")
    assert [record.exit_code, *(other.exit_code for other in others)] == [0, 0, 0]
    assert 0 <= record.served - record.after_run <= IN_A_TICK + ON_THEIR_WAY
    assert "workers lost: 1;" in master.output
    assert not record.lost
    assert delay - stage.usual_exit < FLUSH_TIMEOUT + SLACK, master.output


@remote_write_only
def test_the_master_is_killed(stage: Stage) -> None:
    """Its workers detect it and end as without pushing; all their data is in the store."""
    without_pushing = distributed(stage.folder / "other", 1, *HEADLESS, "-H", "http://127.0.0.1:1")
    with distributed(stage.folder, 2, *stage.arguments()) as (master, *workers), without_pushing as (other, usual):
        stage.await_load(100)
        for each in (master, other):
            each.signal(signal.SIGKILL)
        for worker in workers:
            worker.wait_for("heartbeat from master")
        noticed = time.monotonic()
        codes = [worker.wait() for worker in workers]
        delay = time.monotonic() - noticed
        assert codes == [usual.wait()] * 2
    record = stage.outcome("master-killed", *workers, delay=delay, note="workers end a minute later")
    assert record.served == record.after_run, workers[0].output
    assert not record.lost
