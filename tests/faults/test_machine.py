"""Problems of the machine: no space, no permission, a stopped process, foreign files."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from locust_push.testing import accept
from tests.faults.lanes import remote_write_only
from tests.faults.stage import Stage, assert_survived, lost, run_end_to_exit
from tests.servers.prometheus import Prometheus


def test_a_spool_that_cannot_be_written(stage: Stage) -> None:
    """Data waits in memory and is delivered when the receiver is back; the reason is logged once."""
    with stage.locust("-t", "4s", "--push-spool", "/proc/locust-push") as locust:
        stage.await_pushes()
        stage.receiver.down()
        locust.wait_for("the spool cannot be written")
        stage.await_load()
        stage.receiver.up()
        delay = run_end_to_exit(locust)
    record = stage.outcome("spool-unwritable", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost
    assert locust.output.count("the spool cannot be written") == 1


def test_a_process_that_is_stopped_for_a_while(stage: Stage) -> None:
    """After SIGSTOP and SIGCONT, ticks are left out, recorded data is delivered, and nothing is lost."""
    with stage.locust("-t", "5s") as locust:
        stage.await_pushes()
        locust.signal(signal.SIGSTOP)
        time.sleep(2)
        locust.signal(signal.SIGCONT)
        delay = run_end_to_exit(locust)
    record = stage.outcome("stopped", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost


@remote_write_only
def test_two_replays_at_once_and_files_of_others(stage: Stage) -> None:
    """Of two replays one delivers and the other skips; foreign files and an incomplete last record are harmless."""
    stage.receiver.down()
    with stage.locust("-t", "3s") as locust:
        delay = run_end_to_exit(locust)
    spool = next(stage.spool.rglob("spool.json")).parent
    (spool / "notes.txt").write_text("mine")
    (spool / "000001.segment").write_bytes(b"no segment at all")
    last = max(spool.glob("*.segment"))
    with last.open("ab") as file:
        file.write(b"\x40\x00\x00\x00torn")
    store = stage.lane.server
    assert isinstance(store, Prometheus)
    program = Path(sys.executable).with_name("locust-push")
    command = [str(program), "replay", str(stage.spool), "--push-url", store.write_url]
    replays = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    codes = [replay.wait(60) for replay in replays]
    assert 0 in codes
    assert (spool / "notes.txt").read_text() == "mine"
    record = stage.outcome(
        "two-replays", locust, delay=delay, note="files of others in the spool, the last record torn"
    )
    assert record.served == record.after_run
    assert not lost(locust)
    stage.receiver.default = accept()


def test_text_that_is_not_utf_8(stage: Stage) -> None:
    """A label, a job and an instance in another encoding are pushed with question marks."""
    odd = b"caf\xe9".decode(errors="surrogateescape")
    record, _ = stage.run(
        "not-utf-8", "--push-label", f"shop={odd}", "--push-job", odd, "--push-instance", odd, "--push-required"
    )
    assert not record.lost
    assert record.after_replay is None
