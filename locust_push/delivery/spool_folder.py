"""The folder of a spool: its name, its description, its owner, and its removal."""

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from locust_push.delivery.disk_worker import Job, do, remove_folder
from locust_push.delivery.files import claim, write_whole

ABOUT_FILE = "spool.json"

_NAMES = 1000
"""Most names that are tried; with more spools of one process, the user must clean up first."""


class SpoolFolder:
    """A folder that exists from the first :meth:`prepare` to :meth:`remove`, and can be prepared again.

    Attributes:
        path: Where it is; another name than requested if an earlier process left one.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], later: Callable[[Job], None]) -> None:
        """Use ``path``, or ``path.2`` and so on; ``about`` goes into spool.json, and ``later`` deletes."""
        self.path = path
        self._about = about
        self._later = later
        self._other_names = (path.with_name(f"{path.name}.{number}") for number in range(2, _NAMES))
        self._owned = False
        self._claim: BinaryIO | None = None
        self._left: set[Path] = set()

    def prepare(self) -> tuple[Path, ...]:
        """Create and lock the folder if needed; return the paths to sync, which hold its name and content.

        Raises:
            OSError: It cannot be created.
        """
        self._make()
        about = self.path / ABOUT_FILE
        if not about.exists():
            write_whole(about, json.dumps(self._about, indent=2) + "\n")
            self.unclaim()
        self._claim = self._claim or claim(about)
        return (about, self.path, *list(self.path.parents)[:2])

    def unclaim(self) -> None:
        """Release it for a replay."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def remove(self) -> None:
        """Delete it with its content, later."""
        self.unclaim()
        if self._owned:
            self._owned = False
            self._left.add(self.path)
            self._later(partial(remove_folder, self.path))

    def remove_now(self) -> None:
        """Delete now what was scheduled for deletion, if that has not happened yet."""
        for folder in self._left:
            do(partial(remove_folder, folder))

    def _make(self) -> None:
        while True:
            try:
                # Ours may have been deleted by the user; one that was left behind may still exist.
                self.path.mkdir(parents=True, exist_ok=self._owned)
            except FileExistsError:
                if not os.path.lexists(self.path):
                    raise  # a parent is in the way, such as a dangling link
                self._owned = False
                self.path = self._next_name()
            else:
                self._owned = True
                self._left.discard(self.path)
                return

    def _next_name(self) -> Path:
        for path in self._other_names:
            return path
        raise OSError(f"{self.path}: too many spools of earlier runs are beside it; deliver or delete them")
