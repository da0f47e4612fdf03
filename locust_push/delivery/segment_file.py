"""Segments on disk: written one whole record at a time, by the archive and the spool."""

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

    A record that cannot be written whole, as on a full disk, is cut off again, so that later ones are readable.

    Attributes:
        path: Where it is.
        size: Bytes in it, all of them whole records.
    """

    def __init__(self, path: Path) -> None:
        """Create the file.

        Raises:
            FileExistsError: It exists. It may end in an incomplete record, so nothing is ever added to it.
            OSError: It cannot be written; it does not exist then.
        """
        self.path = path
        self.size = 0
        # Unbuffered: appended records survive the end of the process.
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
            OSError: It cannot be written; the file is unchanged.
        """
        offset = self.size
        self._write(segment.record(body))
        return offset

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, data: bytes) -> None:
        try:
            # Not at the end of the last write: that may have failed, and so may cutting it off.
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
    """A file name for an instance; names that had to be changed contain a hash, so that no two become the same."""
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
        # A process may be called "a.2" itself; the file is a second segment only if there is a first one.
        owner, number = (match["stem"], int(match["number"])) if match and match["stem"] in stems else (stem, 1)
        grouped.setdefault(owner, []).append((number, path))
    return [[path for _, path in sorted(numbered)] for numbered in grouped.values()]
