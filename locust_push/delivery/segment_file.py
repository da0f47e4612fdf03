"""Segments on disk: written whole record by whole record. The archive and the spool both write through here."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from locust_push.wire import segment

SUFFIX = ".segment"

_NUMBERED = r"(?P<stem>.+)\.(?P<number>[0-9]{1,9})"


class SegmentWriter:
    """A new segment file.

    A record that cannot be written whole, as on a full disk, is cut off again, so that what follows it later is
    readable.

    Attributes:
        path: Where it is.
        size: Bytes in it, all of them whole records.
    """

    def __init__(self, path: Path) -> None:
        """Create the file.

        Raises:
            FileExistsError: There is one. It may end torn, so it is never added to.
            OSError: It cannot be written; then it is not there.
        """
        self.path = path
        self.size = 0
        # Unbuffered: what was appended survives the death of the process.
        self._file = path.open("xb", buffering=0)
        try:
            self._write(segment.MAGIC)
        except OSError:
            self.close()
            path.unlink(missing_ok=True)
            raise

    def __repr__(self) -> str:
        return f"<SegmentWriter {self.path}, {self.size} bytes>"

    def append(self, body: bytes) -> int:
        """Append a record; return the offset at which it begins.

        Raises:
            OSError: It cannot be written; the file is as before.
        """
        offset = self.size
        self._write(segment.record(body))
        return offset

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, data: bytes) -> None:
        try:
            # Not where the last write ended: that may have failed, and so may have cutting it off.
            self._file.seek(self.size)
            written = 0
            while written < len(data):
                written += self._file.write(data[written:])
        except BaseException:  # Ctrl-C may come at any moment
            with suppress(OSError):
                self._file.truncate(self.size)
            raise
        self.size += len(data)


def file_stem(instance: str) -> str:
    """A file name for an instance; names that had to be changed carry a hash, so that no two fall together."""
    clean = re.sub(r"[^A-Za-z0-9._-]", "_", instance)[:100]
    if clean == instance and not clean.startswith("."):
        return clean
    return f"{clean.lstrip('.')}-{hashlib.blake2s(instance.encode(), digest_size=4).hexdigest()}"


def new_segment(folder: Path, stem: str) -> SegmentWriter:
    """A new segment, ``<stem>.segment``, or ``<stem>.2.segment`` and so on beside earlier ones of that name.

    Raises:
        OSError: It cannot be written.
    """
    attempt = 1
    while True:
        name = stem if attempt == 1 else f"{stem}.{attempt}"
        try:
            return SegmentWriter(folder / f"{name}{SUFFIX}")
        except FileExistsError:
            attempt += 1


def by_process(segments: Iterable[Path]) -> list[Sequence[Path]]:
    """The segments of each process in the order in which :func:`new_segment` made them."""
    stems = {path.name.removesuffix(SUFFIX): path for path in segments}
    grouped: dict[str, list[tuple[int, Path]]] = {}
    for stem, path in sorted(stems.items()):
        match = re.fullmatch(_NUMBERED, stem)
        # A process may be called "a.2" itself; it is another's second segment only where there is a first one.
        owner, number = (match["stem"], int(match["number"])) if match and match["stem"] in stems else (stem, 1)
        grouped.setdefault(owner, []).append((number, path))
    return [[path for _, path in sorted(numbered)] for numbered in grouped.values()]
