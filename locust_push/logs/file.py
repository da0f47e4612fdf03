"""A log file that several processes append to, and that may be rotated."""

import logging
import os
import sys
from pathlib import Path

from locust_push.core.system import open_to_append


class WholeLineHandler(logging.Handler):
    """Appends each line by one ``write`` to a file opened for appending, which Linux and macOS do not interleave.

    So the processes of ``--processes`` may share a file. Each write checks that the path still leads to the open file:
    after ``logrotate`` has moved it, a new one is opened, without a signal.

    A line that cannot be written is lost, with one warning on stderr: a full disk must not stop a test.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, so that a path that cannot be written to is found at once.

        Raises:
            OSError: It cannot.
        """
        super().__init__()
        self.path = path
        self._complained = False
        self._torn = False
        self._file, self._identity = _open(path)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            line = self.format(record) + "\n"
            self._follow()
            self._write(line.encode(errors="replace"))
        except Exception as error:  # noqa: BLE001  # whatever a user logs, the test continues
            self._complain(error)

    def close(self) -> None:
        """Close the file; later lines are lost."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        super().close()

    def _follow(self) -> None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            identity = None
        else:
            identity = status.st_dev, status.st_ino
        if identity != self._identity:
            # Opened first: if that fails, the open file stays in use, and no descriptor is closed twice.
            (opened, self._identity), old = _open(self.path), self._file
            self._file, self._torn = opened, False
            os.close(old)

    def _write(self, line: bytes) -> None:
        """Write a whole line. The rest of an incomplete one, after a full disk, is terminated by the next one."""
        if self._torn:
            line = b"\n" + line
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])
            self._torn = 0 < written < len(line)

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            self._complained = True
            reason = f"{type(error).__name__}: {error}"
            sys.stderr.write(
                f"locust-push: log lines are lost, {self.path} cannot be written (reported once): {reason}\n"
            )


def _open(path: Path) -> tuple[int, tuple[int, int]]:
    """Return the file descriptor, and the identity of the file."""
    file = open_to_append(path)
    status = os.fstat(file)
    return file, (status.st_dev, status.st_ino)
