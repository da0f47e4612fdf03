"""Payloads on disk: a first-in, first-out queue for what memory does not hold, and what a run leaves undelivered.

A spool is a folder of segments (:mod:`locust_push.wire.segment`), numbered in the order in which they are to be
delivered, beside ``spool.json``, which says for which URL and protocol they are, and is locked by the process that
works on them. It holds no secrets. How far a segment was delivered is noted in a ``.position`` file when the spool is
closed, so that a replay goes on there; after a crash it starts at the segment's beginning, which does no harm, since
receivers take the same sample twice.
"""

import json
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from locust_push.delivery.files import claim, write_whole
from locust_push.delivery.segment_file import SUFFIX, SegmentWriter
from locust_push.wire import segment
from locust_push.wire.payload import Payload

ABOUT_FILE = "spool.json"
POSITION_SUFFIX = ".position"

SEGMENT_BYTES = 16 << 20
"""A segment is not added to beyond this, so that the space of what was delivered is free again soon."""


_FIRST_SEGMENT = 1000
"""Numbers below are for what is put before it; there is little of that."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where one payload lies."""

    path: Path
    offset: int
    size: int
    samples: int
    timestamp_ms: int


class Spool:
    """The spool of one process, in one run, for one URL. Nothing is on disk before the first payload is.

    Attributes:
        folder: Where it is.
        samples: How many wait in it.
        bytes: Size of the payloads that wait in it.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Use ``folder``, or ``folder.2`` and so on where an earlier process left one; ``about`` goes into spool.json.

        Two processes get the same folder when a run ID is used again, and in containers, which all have process 1.
        """
        self.folder = folder
        self.samples = 0
        self.bytes = 0
        self._about = about
        self._other_names = (folder.with_name(f"{folder.name}.{number}") for number in count(2))
        self._owned = False
        self._claim: BinaryIO | None = None
        self._entries: deque[_Entry] = deque()
        self._writer: SegmentWriter | None = None
        self._first, self._last = _FIRST_SEGMENT, _FIRST_SEGMENT - 1

    def __repr__(self) -> str:
        return f"<Spool {self.folder}: {len(self._entries)} payloads, {self.bytes} bytes>"

    def append(self, payload: Payload) -> None:
        """Add a payload behind all others.

        Raises:
            OSError: It cannot be written; nothing has changed.
        """
        if self._writer is None or self._writer.size >= SEGMENT_BYTES:
            full, self._writer = self._writer, self._new_segment(self._last + 1)
            self._last += 1
            if full is not None:
                full.close()
        self._entries.append(self._write(self._writer, payload))
        self._account(payload.samples, len(payload.body))

    def prepend(self, payload: Payload) -> None:
        """Put a payload before all others, in a segment of its own.

        Raises:
            OSError: It cannot be written; nothing has changed.
        """
        writer = self._new_segment(self._first - 1)
        self._first -= 1
        try:
            self._entries.appendleft(self._write(writer, payload))
        finally:
            writer.close()
        self._account(payload.samples, len(payload.body))

    def head(self) -> Payload | None:
        """The oldest payload, read from disk; it stays there until :meth:`pop`. None where there is none.

        Raises:
            OSError: It cannot be read, or is not what was written.
        """
        if not self._entries:
            return None
        entry = self._entries[0]
        return Payload(_read(entry), entry.samples, entry.timestamp_ms)

    def pop(self) -> int:
        """Forget the oldest payload; return how many samples were in it.

        What is not needed any more is deleted. Where that fails it stays, and a replay delivers it a second time.
        """
        entry = self._entries.popleft()
        self._account(-entry.samples, -entry.size)
        if not self._entries:
            self._remove_folder()
        elif self._entries[0].path != entry.path:
            with suppress(OSError):
                entry.path.unlink()
        return entry.samples

    def close(self) -> None:
        """Close files, and note how far segments were delivered; leave nothing behind where nothing waits."""
        self._close_writer()
        if not self._entries:
            self._remove_folder()
        for entry in self._first_entries():
            if entry.offset > len(segment.MAGIC):
                # Without a note a replay delivers some of it a second time.
                with suppress(OSError):
                    write_whole(entry.path.with_suffix(POSITION_SUFFIX), f"{entry.offset}\n")
        # The notes are for a replay, which may begin now.
        self._unclaim()

    def _first_entries(self) -> Iterator[_Entry]:
        """The oldest entry of each segment."""
        path = None
        for entry in self._entries:
            if entry.path != path:
                yield entry
            path = entry.path

    def _write(self, writer: SegmentWriter, payload: Payload) -> _Entry:
        offset = writer.append(payload.body)
        return _Entry(writer.path, offset, len(payload.body), payload.samples, payload.timestamp_ms)

    def _new_segment(self, number: int) -> SegmentWriter:
        self._make_folder()
        about = self.folder / ABOUT_FILE
        if not about.exists():
            write_whole(about, json.dumps(self._about, indent=2) + "\n")
            self._unclaim()
        self._claim = self._claim or claim(about)
        return SegmentWriter(self.folder / f"{number:06}{SUFFIX}")

    def _make_folder(self) -> None:
        while True:
            try:
                # Ours may be gone, if somebody tidied up meanwhile.
                self.folder.mkdir(parents=True, exist_ok=self._owned)
            except FileExistsError:
                self._owned = False
                self.folder = next(self._other_names)
            else:
                self._owned = True
                return

    def _account(self, samples: int, size: int) -> None:
        self.samples += samples
        self.bytes += size

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _unclaim(self) -> None:
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def _remove_folder(self) -> None:
        self._close_writer()
        self._unclaim()
        if self._owned:
            self._owned = False
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):  # other processes of the run are in it
                self.folder.parent.rmdir()


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
