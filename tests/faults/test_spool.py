"""The buffer overflows into the spool, which may be full as well."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.lanes import remote_write_only
from tests.faults.record import Record
from tests.faults.stage import Stage, assert_survived
from tests.real.locust_process import LocustProcess
from tests.servers.poll import eventually

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


@remote_write_only
def test_a_spool_on_a_link_to_nowhere(stage: Stage) -> None:
    """Data waits in memory, and the reason is logged once."""
    link = stage.folder / "link"
    link.symlink_to(stage.folder / "nowhere" / "at-all")
    in_memory(stage, "spool-dangling", link)


@remote_write_only
def test_a_spool_on_a_read_only_disk(stage: Stage) -> None:
    """The same."""
    with mounted(stage.folder / "disk", "ro") as disk:
        if disk is None:
            pytest.skip("mounting needs root")
        in_memory(stage, "spool-read-only", disk / "spool")


def in_memory(stage: Stage, case: str, spool: Path) -> None:
    """An outage with a spool that cannot be written: nothing is lost."""
    arguments = ("--push-spool", str(spool))
    record, locust = outage(stage, case, until="the spool cannot be written", arguments=arguments)
    assert not record.lost
    assert record.after_replay is None
    assert locust.output.count("the spool cannot be written") == 1


@remote_write_only
def test_a_limit_for_the_size_of_files(stage: Stage) -> None:
    """A segment that has reached it is followed by another one; nothing is lost."""
    small = ("prlimit", "--fsize=24576")
    record, locust = outage(stage, "file-size", until="File too large", arguments=(), within=small)
    assert not record.lost
    assert locust.output.count("the spool cannot be written") == 1


@remote_write_only
def test_the_limit_of_the_spool(stage: Stage) -> None:
    """The disk never holds more, the oldest data is lost and counted, and totals are right."""
    sizes: list[int] = []

    def is_full() -> bool:
        sizes.append(sum(map(size_of, stage.spool.rglob("*.segment"))))
        return "the spool is full" in locust.output and len(sizes) > 50

    with stage.locust("--push-spool-limit", "12KiB") as locust:
        stage.await_pushes()
        stage.receiver.down()
        eventually(is_full, within=60)
        stage.await_load()
        eventually(lambda: is_full() and len(sizes) > 150, within=60)
        stage.receiver.up()
        locust.wait_for("delivered again")
        sent = locust.signal(signal.SIGTERM)
        locust.wait()
        delay = time.monotonic() - sent
    record = stage.outcome("spool-limit", locust, delay=delay)
    assert_survived(record, locust)
    assert record.lost.keys() == {"spool_limit"}
    assert 0 < max(sizes) <= 12 * 1024


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if it has just been deleted."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def outage(
    stage: Stage, case: str, *, until: str, arguments: tuple[str, ...], note: str = "", **options: Any
) -> tuple[Record, LocustProcess]:
    """Make a run with an outage that lasts until a text is in the log, and end it some time later."""
    with stage.locust(*arguments, **options) as locust:
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
def mounted(folder: Path, options: str) -> Iterator[Path | None]:
    """A small disk of its own at a new folder; None without the right to mount."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "locust-push", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def full_disk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Return a folder on a nearly full disk and its description; without the right to mount, one that fails."""
    with mounted(folder, "size=16k") as disk:
        if disk is None:
            (folder / "file").touch()
            yield folder / "file", "a spool that cannot be made, since mounting needs root"
        else:
            yield disk, "a tmpfs of 16 kB"
