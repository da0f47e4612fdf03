"""Small files: written whole or not at all, and claimed by one process at a time."""

import os
from pathlib import Path
from typing import BinaryIO

from locust_push.core.system import lock


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

    See :func:`~locust_push.core.system.lock`.

    Raises:
        OSError: It cannot be opened.
    """
    file = path.open("rb")
    if lock(file):
        return file
    file.close()
    return None
