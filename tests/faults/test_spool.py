"""The buffer overflows into the spool, which may be full as well."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.lanes import remote_write_only
from tests.faults.record import Record
from tests.faults.stage import Stage, assert_survived
from tests.real.locust_process import LocustProcess

SMALL_BUFFER = ("--push-buffer", "10KiB")  # some three pushes


@remote_write_only
def test_a_buffer_that_overflows(stage: Stage) -> None:
    """The oldest data waits on disk, and is delivered first, since Prometheus accepts samples only in order."""
    record, locust = outage(stage, "buffer-overflow", until="will retry", arguments=SMALL_BUFFER)
    assert not record.lost
    assert record.after_replay is None, "all of it was delivered during the run"
    assert "nothing lost" in locust.output


@remote_write_only
def test_a_spool_on_a_full_disk(stage: Stage) -> None:
    """Data that fits nowhere is counted as lost, with the reason in the log; totals are right."""
    with full_disk(stage.folder / "disk") as (disk, kind):
        arguments = (*SMALL_BUFFER, "--push-spool", str(disk / "spool"))
        record, locust = outage(stage, "disk-full", until="the oldest data is dropped", arguments=arguments, note=kind)
    assert record.lost.keys() == {"spool"}
    assert locust.output.count("the spool cannot be written") == 1


def outage(
    stage: Stage, case: str, *, until: str, arguments: tuple[str, ...], note: str = ""
) -> tuple[Record, LocustProcess]:
    """Make a run with an outage that lasts until a text is in the log, and end it some time later."""
    with stage.locust(*arguments) as locust:
        stage.await_pushes()
        stage.receiver.down()
        locust.wait_for(until)
        stage.await_load()
        stage.receiver.up()
        locust.wait_for("delivered again")
        stage.await_load()
        sent = locust.signal(signal.SIGTERM)
        locust.wait()
        delay = time.monotonic() - sent
    record = stage.outcome(case, locust, delay=delay, note=note)
    assert_survived(record, locust)
    return record, locust


@contextmanager
def full_disk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Return a folder on a nearly full disk and its description; without the right to mount, one that fails."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=16k", "locust-push"]
    if subprocess.run(["mount", *options, str(folder)], check=False, capture_output=True).returncode:
        (folder / "file").touch()
        yield folder / "file", "a spool that cannot be made, since mounting needs root"
        return
    try:
        yield folder, "a tmpfs of 16 kB"
    finally:
        subprocess.run(["umount", str(folder)], check=True)
