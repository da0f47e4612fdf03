"""Payloads on disk: a first-in, first-out queue for data that waits longer than a tick or is left undelivered by a run.

A spool is a folder of segments (:mod:`locust_push.wire.segment`), numbered in the order of delivery, beside
``spool.json``, which has their URL and protocol and is locked by the process that uses them. It holds no secrets. How
far a segment was delivered is noted in a ``.position`` file when the spool is closed, so that a replay continues there;
after a crash it starts at the segment's beginning, which is harmless, since receivers accept the same sample twice.

Appended data survives the end of the process immediately, and a power failure after the disk worker's next sync.
"""

import errno
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from locust_push.core.record import record
from locust_push.delivery.disk_worker import Deletions, Job, WriteOut, do
from locust_push.delivery.files import write_whole
from locust_push.delivery.segment_file import SUFFIX, SegmentWriter
from locust_push.delivery.spool_folder import SpoolFolder
from locust_push.wire import segment
from locust_push.wire.payload import Payload

POSITION_SUFFIX = ".position"

SEGMENT_BYTES = 16 << 20
"""Size beyond which nothing is added to a segment, so that the space of delivered data is freed soon."""

NO_LIMIT = 1 << 62

_SEGMENTS_IN_LIMIT = 8
"""Divides a small limit into segments, since one segment at a time is dropped when the limit is reached."""

_FIRST_SEGMENT = 1000


@record(frozen=True, slots=True)
class _Entry:
    """The position of one payload."""

    path: Path
    offset: int
    size: int
    samples: int
    timestamp_ms: int


@record(slots=True)
class _Segment:
    """One file: its bytes, and how many of its payloads are undelivered."""

    size: int
    waiting: int = 0


class Spool:
    """The spool of one process, in one run, for one URL. Nothing is on disk before the first payload.

    Attributes:
        samples: Samples in it.
        bytes: Size of the payloads in it.
    """

    def __init__(
        self,
        folder: Path,
        about: Mapping[str, Any],
        *,
        limit_bytes: int = NO_LIMIT,
        later: Callable[[Job], None] = do,
    ) -> None:
        """Use ``folder``, or ``folder.2`` and so on if an earlier process left one.

        Two processes get the same folder when a run ID is used again, and in containers, which all have process 1.

        Args:
            folder: A folder that may or may not exist.
            about: Goes into spool.json.
            limit_bytes: Size of the segments on disk beyond which :meth:`make_room` drops the oldest.
            later: Runs slow operations without waiting for them, except in tests.
        """
        self.samples = 0
        self.bytes = 0
        self._place = SpoolFolder(folder, about, later)
        self._limit = limit_bytes
        self._segment_bytes = min(SEGMENT_BYTES, limit_bytes // _SEGMENTS_IN_LIMIT)
        self._deletions = Deletions(later)
        self._write_out = WriteOut(later)
        self._entries: deque[_Entry] = deque()
        self._segments: dict[Path, _Segment] = {}
        self._writer: SegmentWriter | None = None
        self._last = _FIRST_SEGMENT - 1

    def __repr__(self) -> str:
        return f"<Spool {self.folder}: {len(self._entries)} payloads, {self.bytes} bytes>"

    @property
    def folder(self) -> Path:
        """The folder."""
        return self._place.path

    @property
    def waiting(self) -> int:
        """Number of payloads in it."""
        return len(self._entries)

    @property
    def disk_bytes(self) -> int:
        """Size of its segments, delivered payloads included."""
        return sum(each.size for each in self._segments.values())

    def append(self, payload: Payload) -> None:
        """Add a payload behind all others.

        Raises:
            OSError: It cannot be written; nothing is changed.
        """
        writer = self._writer_with_room()
        try:
            offset = writer.append(payload.body)
        except OSError as error:
            if error.errno == errno.EFBIG:  # by a limit of the process (RLIMIT_FSIZE); the next one gets another file
                self._close_writer()
            raise
        self._entries.append(_Entry(writer.path, offset, len(payload.body), payload.samples, payload.timestamp_ms))
        written = self._segments[writer.path]
        written.size, written.waiting = writer.size, written.waiting + 1
        self._account(payload.samples, len(payload.body))
        self._write_out.soon(writer.path)

    def make_room(self, size: int) -> list[int]:
        """Drop the oldest segments until ``size`` more bytes are within the limit.

        Return the number of samples in each dropped payload, oldest first.

        Raises:
            OSError: The payload alone is larger than the limit.
        """
        gone: list[int] = []
        allowed = self._limit - len(segment.MAGIC) - segment.HEAD_BYTES - size
        if allowed < 0:
            raise OSError(f"a request of {size} bytes is larger than --push-spool-limit")
        # Dropped segments are deleted a moment later, beside the run: room for a segment is kept for that time.
        while self._segments and self.disk_bytes > allowed - self._segment_bytes * (len(self._segments) > 1):
            oldest = next(iter(self._segments))
            # Only swap() puts a payload of another segment before it.
            gone += [self._forget(entry) for entry in list(self._entries) if entry.path == oldest]
            if self._writer is not None and self._writer.path == oldest:
                self._close_writer()
            self._free(oldest)
        if self.disk_bytes + self._deletions.bytes > allowed:
            self._deletions.now()
        return gone

    def head(self) -> Payload | None:
        """Return the oldest payload, read from disk; it stays there until :meth:`pop`. None if the spool is empty.

        Raises:
            OSError: It cannot be read, or is damaged.
        """
        if not self._entries:
            return None
        entry = self._entries[0]
        return Payload(_read(entry), entry.samples, entry.timestamp_ms)

    def pop(self) -> int:
        """Remove the oldest payload; return how many samples were in it.

        Files that are no longer needed are deleted. If that fails they stay, and a replay delivers them a second time.
        """
        entry = self._entries[0]
        samples = self._forget(entry)
        if not self._entries:
            self._remove_folder()
        elif not self._segments[entry.path].waiting and (self._writer is None or entry.path != self._writer.path):
            self._free(entry.path)
        return samples

    def swap(self) -> bool:
        """Swap the two oldest payloads, if there are two; a replay finds them in their original order."""
        if len(self._entries) < 2:
            return False
        self._entries[0], self._entries[1] = self._entries[1], self._entries[0]
        return True

    def shrink(self, samples: int) -> None:
        """Note that some samples of the oldest payload are finished; it stays on disk for the rest."""
        self._entries[0] = replace(self._entries[0], samples=self._entries[0].samples - samples)
        self._account(-samples, 0)

    def close(self) -> None:
        """Close files, and store how far segments were delivered; an empty spool is deleted."""
        self._close_writer()
        if not self._entries:
            self._remove_folder()
        self._place.remove_now()
        for entry in self._first_entries():
            if entry.offset > len(segment.MAGIC):
                # Without it a replay delivers some data a second time.
                with suppress(OSError):
                    write_whole(entry.path.with_suffix(POSITION_SUFFIX), f"{entry.offset}\n")
        if self._entries:
            self._write_out.now()
        # A replay, which reads the positions, may begin now.
        self._place.unclaim()

    def _first_entries(self) -> Iterable[_Entry]:
        """The first entry of each segment."""
        by_place = sorted(self._entries, key=lambda entry: entry.offset, reverse=True)
        return {entry.path: entry for entry in by_place}.values()

    def _forget(self, entry: _Entry) -> int:
        self._entries.remove(entry)
        self._segments[entry.path].waiting -= 1
        self._account(-entry.samples, -entry.size)
        return entry.samples

    def _free(self, path: Path) -> None:
        self._deletions.soon(path, self._segments.pop(path).size)

    def _writer_with_room(self) -> SegmentWriter:
        if self._writer is None or self._writer.size >= self._segment_bytes:
            full, self._writer = self._writer, self._new_segment(self._last + 1)
            self._last += 1
            self._segments[self._writer.path] = _Segment(self._writer.size)
            if full is not None:
                full.close()
                if not self._segments[full.path].waiting:
                    self._free(full.path)
        return self._writer

    def _new_segment(self, number: int) -> SegmentWriter:
        paths = self._place.prepare()
        writer = SegmentWriter(self.folder / f"{number:06}{SUFFIX}")
        self._write_out.soon(*paths)
        return writer

    def _account(self, samples: int, size: int) -> None:
        self.samples += samples
        self.bytes += size

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _remove_folder(self) -> None:
        self._close_writer()
        for path in [*self._segments]:
            self._free(path)
        self._last = _FIRST_SEGMENT - 1
        self._place.remove()


def _read(entry: _Entry) -> bytes:
    with entry.path.open("rb") as file:
        file.seek(entry.offset)
        try:
            body = segment.read_record(file)
        except EOFError:
            body = None
    if body is None:
        raise OSError(f"{entry.path}: the record at byte {entry.offset} is damaged")
    return body
