"""A process that is killed with ``kill -9`` during an outage, at random moments."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from locust_push.testing import Receiver
from tests.faults.cases import ARCHIVE, REMOTE_WRITE
from tests.faults.record import Record
from tests.faults.stage import LOAD, PUSH
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target

KILLS_VARIABLE = "LOCUST_PUSH_KILLS"
"""Environment variable: how often a process is killed; ``scripts/reliability`` has it done fifty times."""

IN_A_TICK = 4 * 20 * 0.3
"""Requests between two pushes: 20 a second by each of 4 users."""

ON_THEIR_WAY = 10
"""Requests that more may be missing: in flight, or made while the last push was spread, encoded and written."""

LONGEST_WAIT = 2.0
"""Seconds after the outage began within which the process is killed."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("protocol", [REMOTE_WRITE, ARCHIVE])
def test_a_kill_during_an_outage_costs_one_tick(
    protocol: str, target: Target, prometheus: Prometheus, tmp_path: Path
) -> None:
    """After a replay the store has everything except the data since the last tick."""
    served = after_run = after_replay = worst = 0
    kills = int(os.environ.get(KILLS_VARIABLE, "2"))
    for number in range(kills):
        run_id = f"{tmp_path.name}-{number}"
        with Receiver() as receiver:
            receiver.down()
            url = receiver.write_url if protocol == REMOTE_WRITE else f"file:{tmp_path / 'archive'}"
            wait = random.uniform(0, LONGEST_WAIT)  # noqa: S311  # no secret
            mine = killed(tmp_path / str(number), target, run_id, url, wait)
        after_run += int(Counts.stored(prometheus, run_id).requests)
        replay(tmp_path / (f"{number}/spool" if protocol == REMOTE_WRITE else f"archive/{run_id}"), prometheus)
        stored = int(Counts.stored(prometheus, run_id).requests)
        assert 0 <= mine - stored <= IN_A_TICK + ON_THEIR_WAY, f"kill {number}, after {wait:.3f} s: {stored} of {mine}"
        served, after_replay, worst = served + mine, after_replay + stored, max(worst, mine - stored)
    note = f"{kills} times, at most {worst} requests of one missing, {IN_A_TICK:.0f} are a tick"
    Record("killed", protocol, served, after_run, after_replay, note=note).keep()


def killed(folder: Path, target: Target, run_id: str, url: str, wait: float) -> int:
    """Kill a run some seconds after its first push was due; return how many requests the target served."""
    before = target.total()
    push = (*PUSH, "--push-run-id", run_id, "--push-url", url, "--push-spool", "spool")
    with LocustProcess(folder, *HEADLESS, "-H", target.url, *push, *LOAD) as locust:
        eventually(lambda: target.total() > before + 2 * IN_A_TICK, within=60)
        time.sleep(wait)
        locust.signal(signal.SIGKILL)
        locust.wait()
        assert "Traceback" not in locust.output, locust.output
    return int(target.total() - before)


def replay(folder: Path, store: Prometheus) -> None:
    """Deliver the data that a process left."""
    program = Path(sys.executable).with_name("locust-push")
    command = [str(program), "replay", str(folder), "--push-url", store.write_url]
    done = subprocess.run(command, check=False, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
