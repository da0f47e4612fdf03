"""Segments on disk: written whole record by whole record. The archive and the spool both write through here."""

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from locust_push.wire import segment

SUFFIX = ".segment"


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
