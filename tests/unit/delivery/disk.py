"""Disk errors, caused by limits of the process, and the data that a replay would find."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locust_push.delivery.segment_file import SUFFIX
from locust_push.delivery.spool import POSITION_SUFFIX
from locust_push.wire import segment


@contextmanager
def full_disk(file_bytes: int = 0) -> Iterator[None]:
    """Limit the size of files: a write beyond it is done in part, and the next one fails."""
    with _limit(resource.RLIMIT_FSIZE, file_bytes):
        yield


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let no file be opened (EMFILE)."""
    with _limit(resource.RLIMIT_NOFILE, 0):
        yield


@contextmanager
def _limit(what: int, soft: int) -> Iterator[None]:
    before = resource.getrlimit(what)
    resource.setrlimit(what, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


def waiting(folder: Path) -> list[bytes]:
    """Return the payloads that a replay would deliver from a spool, in order; there must be no damage."""
    return [body for path in sorted(folder.glob(f"*{SUFFIX}")) for body in _records(path)]


def numbers(folder: Path) -> list[int]:
    """Return the same by the numbers of the payloads."""
    return [int(body.strip(b".")) for body in waiting(folder)]


def _records(path: Path) -> list[bytes]:
    damage: list[str] = []
    with path.open("rb") as file:
        records = list(segment.read(file, damage.append))
    assert damage == []
    note = path.with_suffix(POSITION_SUFFIX)
    delivered, position = 0, len(segment.MAGIC)
    while note.exists() and position < int(note.read_text()):
        position += len(segment.record(records[delivered]))
        delivered += 1
    return records[delivered:]
