"""Calls that not every operating system has, each with its fallback. No other module makes such a call.

Linux and macOS have all of them; Windows lacks most. ``tests/unit/core/test_system.py`` runs the package without them.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import subprocess

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # checked below

_WINDOWS = os.name == "nt"


def lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed or the process ends; return False if another process has locked it.

    Without file locks, as on Windows and some network file systems, every caller succeeds.
    """
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # no locks on this file system
            pass
    return True


def open_to_append(path: Path) -> int:
    """Return the descriptor of a file to which each write is appended; child programs do not inherit it.

    Raises:
        OSError: It cannot be opened.
    """
    # Without O_BINARY Windows converts line ends; it has no close-on-exec flag, and needs none.
    flags = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | flags, 0o644)


def sync(path: Path) -> None:
    """Write a file or folder to its disk, so that it survives a power failure.

    Raises:
        OSError: It is missing, or cannot be synced, such as a folder on Windows.
    """
    descriptor = os.open(path, os.O_RDWR if _WINDOWS else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def after_fork(function: Callable[[], object]) -> None:
    """Call a function in each forked child; does nothing if the system does not fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=function)


def kill_with_children(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that was started with ``start_new_session=True``, and its children."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return
    if _WINDOWS:
        os.system(f"taskkill /F /T /PID {process.pid} >NUL 2>&1")  # noqa: S605  # a number
    process.kill()


@contextmanager
def alarm_limit(seconds: float) -> Iterator[None]:
    """Bound a block by a timer of the operating system; works in the main thread of a process only.

    Without such timers, as on Windows, the block is not bounded: each wait for the network still has its timeout.

    Raises:
        TimeoutError: The block took longer.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, _ring)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _OverError:
        raise TimeoutError from None
    finally:
        # Another timer, such as that of a test runner, continues.
        signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - started), 0.001) if left else 0)
        signal.signal(signal.SIGALRM, handler)


class _OverError(Exception):
    """The time is over. Not an ``OSError``, which HTTP clients treat as an address that does not answer."""


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _OverError
