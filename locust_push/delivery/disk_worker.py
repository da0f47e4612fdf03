"""Slow disk operations in a native thread, separate from the run: ``fsync``, and deleting large files.

Data that ``write`` accepted survives the end of the process, whatever kills it; a write takes some 20 µs. It is lost
only if the machine loses power before ``fsync``, which takes a disk between 1 and 100 ms; users must not wait for that.
A write to a file during its ``fsync`` waits as well.
"""

import shutil
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from locust_push.core.system import sync

Job = Callable[[], None]

InThread = Callable[[Job], object]
"""Starts a call in a native thread and returns at once."""


class DiskWorker:
    """Runs jobs one after the other, in the given order. An ``OSError`` ends only its own job."""

    def __init__(self, in_thread: InThread) -> None:
        """Run jobs with ``in_thread``, which is called when there is a job and no call is in progress."""
        self._in_thread = in_thread
        self._jobs: deque[Job] = deque()  # used by two threads
        self._busy = False

    def __repr__(self) -> str:
        return f"<DiskWorker {'busy' if self._busy else 'idle'}, {len(self._jobs)} jobs>"

    def __call__(self, job: Job) -> None:
        """Schedule a job; returns at once."""
        self._jobs.append(job)
        if not self._busy:
            self._busy = True
            self._in_thread(self._work)

    def _work(self) -> None:
        # Check again: a job may have been added between the last check and the line that clears the flag.
        while self._jobs:
            self._busy = True
            try:
                while self._jobs:
                    do(self._jobs.popleft())
            finally:
                self._busy = False


def do(job: Job) -> None:
    """Run a job at once, as the worker would."""
    with suppress(OSError):
        job()


class WriteOut:
    """Makes files and folders survive a power failure: collects paths, and syncs them together soon after."""

    def __init__(self, later: Callable[[Job], None]) -> None:
        """Sync with ``later``, such as a :class:`DiskWorker`."""
        self._later = later
        self._paths: set[Path] = set()
        self._asked = False

    def soon(self, *paths: Path) -> None:
        """Schedule the sync of these paths; returns at once."""
        self._paths.update(paths)
        if not self._asked:
            self._asked = True
            self._later(self.now)

    def now(self) -> None:
        """Sync all scheduled paths, and wait for the disk. Another thread may schedule more during that time."""
        self._asked = False  # before taking the paths: a path that is added later schedules another sync
        paths = []
        with suppress(KeyError):
            while True:
                paths.append(self._paths.pop())
        write_out(paths)


class Deletions:
    """Deletes files soon, and knows the room that they take until then."""

    def __init__(self, later: Callable[[Job], None]) -> None:
        """Delete them with ``later``, such as a :class:`DiskWorker`."""
        self._later = later
        self._sizes: dict[Path, int] = {}  # two threads use it

    @property
    def bytes(self) -> int:
        """Size of the files that are still there."""
        return sum([*self._sizes.values()])

    def soon(self, path: Path, size: int) -> None:
        """Delete a file without waiting: that may take some milliseconds."""
        self._sizes[path] = size
        self._later(partial(self._delete, path))

    def now(self) -> None:
        """Delete what is still to be deleted, and wait for the disk."""
        for path in [*self._sizes]:
            do(partial(self._delete, path))

    def _delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._sizes.pop(path, None)


def write_out(paths: Iterable[Path]) -> None:
    """Sync files and folders to disk, so that they survive a power failure; missing ones are skipped."""
    for path in paths:
        with suppress(OSError):  # some file systems cannot sync a folder
            sync(path)


def remove_folder(folder: Path) -> None:
    """Delete a folder, and its parent if that is empty then.

    Raises:
        OSError: The parent is not empty.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.rmdir()
