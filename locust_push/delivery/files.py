"""Small files: written whole or not at all, and claimed by one process at a time."""

import os
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # checked below


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, replacing its content.

    Raises:
        OSError: It could not be written; the old content is unchanged.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def claim(path: Path) -> BinaryIO | None:
    """Lock a file until the returned object is closed or the process ends; None if another process holds it.

    Without file locks, as on Windows and some network file systems, every caller gets it.

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
