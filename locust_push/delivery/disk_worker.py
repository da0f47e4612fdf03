"""What a disk may take long for is done beside the run, in a native thread: writing out, and deleting large files.

A write that has returned survives the death of the process, whatever kills it, and takes some 20 µs. Only a machine
that loses power takes it along, unless the kernel was asked to write it out (``fsync``), which takes a disk between 1
and 100 ms, for which users must not wait. A file is best left alone meanwhile: whoever writes to it waits as well.
"""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

Job = Callable[[], None]

InThread = Callable[[Job], object]
"""Begins a call in a native thread and returns at once."""


class DiskWorker:
    """Does one job after the other, in the order in which they were given. An ``OSError`` ends its job alone."""

    def __init__(self, in_thread: InThread) -> None:
        """Work by ``in_thread``, which is not called before there is a job, nor again while it is at work."""
        self._in_thread = in_thread
        self._jobs: deque[Job] = deque()  # which two threads may use
        self._busy = False

    def __repr__(self) -> str:
        return f"<DiskWorker {'busy' if self._busy else 'idle'}, {len(self._jobs)} jobs>"

    def __call__(self, job: Job) -> None:
        """Do this soon; waits for nothing."""
        self._jobs.append(job)
        if not self._busy:
            self._busy = True
            self._in_thread(self._work)

    def _work(self) -> None:
        # Again, since one may have come between the last look and the line that says that nobody works.
        while self._jobs:
            self._busy = True
            try:
                while self._jobs:
                    do(self._jobs.popleft())
            finally:
                self._busy = False


def do(job: Job) -> None:
    """Do a job at once, as the worker would."""
    with suppress(OSError):
        job()


class WriteOut:
    """Has files and folders survive a power failure, soon; what is asked for meanwhile goes along."""

    def __init__(self, later: Callable[[Job], None]) -> None:
        """By ``later``, such as a :class:`DiskWorker`."""
        self._later = later
        self._paths: set[Path] = set()
        self._asked = False

    def soon(self, *paths: Path) -> None:
        """Have these written out; waits for nothing."""
        self._paths.update(paths)
        if not self._asked:
            self._asked = True
            self._later(self.now)

    def now(self) -> None:
        """Write out what waits for it, and wait for the disk. Another thread may ask for more meanwhile."""
        self._asked = False  # before taking the paths: whoever adds one later asks again
        paths = []
        with suppress(KeyError):
            while True:
                paths.append(self._paths.pop())
        write_out(paths)


def write_out(paths: Iterable[Path]) -> None:
    """Have files and folders survive a power failure; those that are not there any more are left out."""
    for path in paths:
        with suppress(OSError):  # some file systems cannot do this with a folder
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def remove_folder(folder: Path) -> None:
    """Delete a folder, and the one above it if nothing else is in there.

    Raises:
        OSError: Something else is.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.rmdir()
