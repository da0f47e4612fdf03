"""Payloads on disk: a first-in, first-out queue for what memory does not hold, and what a run leaves undelivered.

A spool is a folder of segments (:mod:`locust_push.wire.segment`), numbered in the order in which they are to be
delivered, beside ``spool.json``, which says for which URL and protocol they are. It holds no secrets. How far a segment
was delivered is noted in a ``.position`` file when the spool is closed, so that a replay goes on there; after a crash
it starts at the segment's beginning, which does no harm, since receivers take the same sample twice.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        """Use ``folder``, which no other process uses; ``about`` goes into spool.json."""
        self.folder = folder
        self.samples = 0
        self.bytes = 0
        self._about = about
        self._entries: deque[_Entry] = deque()
        self._writer: SegmentWriter | None = None
        self._first, self._last = _FIRST_SEGMENT, _FIRST_SEGMENT - 1

    def __repr__(self) -> str:
        return f"<Spool {self.folder}: {len(self)} payloads, {self.bytes} bytes>"

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, payload: Payload) -> None:
        """Add a payload behind all others.

        Raises:
            OSError: It cannot be written; nothing has changed.
        """
        if self._writer is None or self._writer.size >= SEGMENT_BYTES:
            self._writer = self._new_segment(self._last + 1)
            self._last += 1
        self._entries.append(self._write(self._writer, payload))
        self._account(payload.samples, len(payload.body))

    def prepend(self, payload: Payload) -> None:
        """Put a payload before all others, in a segment of its own.

        Raises:
            OSError: It cannot be written; nothing has changed.
        """
        writer = self._new_segment(self._first - 1)
        self._entries.appendleft(self._write(writer, payload))
        self._first -= 1
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
        with entry.path.open("rb") as file:
            file.seek(entry.offset)
            body = segment.read_record(file)
        if body is None:
            raise OSError(f"{entry.path}: the record at byte {entry.offset} is damaged")
        return Payload(body, entry.samples, entry.timestamp_ms)

    def pop(self) -> int:
        """Forget the oldest payload; return how many samples were in it."""
        entry = self._entries.popleft()
        self._account(-entry.samples, -entry.size)
        if not self._entries or self._entries[0].path != entry.path:
            self._remove(entry.path)
        if not self._entries:
            self._remove_folder()
        return entry.samples

    def close(self) -> None:
        """Close files, and note how far the first segment was delivered."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._entries and self._entries[0].offset > len(segment.MAGIC):
            head = self._entries[0]
            head.path.with_suffix(POSITION_SUFFIX).write_text(f"{head.offset}\n")

    def _write(self, writer: SegmentWriter, payload: Payload) -> _Entry:
        offset = writer.append(payload.body)
        return _Entry(writer.path, offset, len(payload.body), payload.samples, payload.timestamp_ms)

    def _new_segment(self, number: int) -> SegmentWriter:
        self.folder.mkdir(parents=True, exist_ok=True)
        about = self.folder / ABOUT_FILE
        if not about.exists():
            about.write_text(json.dumps(self._about, indent=2) + "\n", encoding="utf-8")
        return SegmentWriter(self.folder / f"{number:06}{SUFFIX}")

    def _account(self, samples: int, size: int) -> None:
        self.samples += samples
        self.bytes += size

    def _remove(self, path: Path) -> None:
        if self._writer is not None and self._writer.path == path:
            self._writer.close()
            self._writer = None
        path.unlink(missing_ok=True)

    def _remove_folder(self) -> None:
        (self.folder / ABOUT_FILE).unlink(missing_ok=True)
        for folder in (self.folder, self.folder.parent):
            try:
                folder.rmdir()
            except OSError:
                return  # others of the run, or other runs, are in it
