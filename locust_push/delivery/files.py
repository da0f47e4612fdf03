"""Small files: written whole or not at all, and claimed by one process at a time."""

import os
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # asked for below


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, in place of what was there.

    Raises:
        OSError: It could not be written; what was there still is.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def claim(path: Path) -> BinaryIO | None:
    """Claim a file until what is returned is closed, or the process ends in whatever way; None if another one has it.

    Where there are no locks, as on Windows and some network file systems, everybody gets it.

    Raises:
        OSError: It cannot be opened.
    """
    file = path.open("rb")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        except OSError:  # no locks on this file system
            pass
    return file
