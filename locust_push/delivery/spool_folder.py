"""The folder of a spool: its name, what it says of itself, whose it is, and its end."""

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
"""Names that are tried; whoever has left so many spools of one process must tidy up first."""


class SpoolFolder:
    """A folder that is there from the first :meth:`prepare` on, and again after :meth:`remove`.

    Attributes:
        path: Where it is; another name than was asked for where an earlier process left one.
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
        """Make and claim the folder where it is not; return the paths in which its name and content are.

        Raises:
            OSError: It cannot be made.
        """
        self._make()
        about = self.path / ABOUT_FILE
        if not about.exists():
            write_whole(about, json.dumps(self._about, indent=2) + "\n")
            self.unclaim()
        self._claim = self._claim or claim(about)
        return (about, self.path, *list(self.path.parents)[:2])

    def unclaim(self) -> None:
        """Let a replay have it."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def remove(self) -> None:
        """Delete it with all that is in it, later."""
        self.unclaim()
        if self._owned:
            self._owned = False
            self._left.add(self.path)
            self._later(partial(remove_folder, self.path))

    def remove_now(self) -> None:
        """Delete what was to be deleted later, and may not have been."""
        for folder in self._left:
            do(partial(remove_folder, folder))

    def _make(self) -> None:
        while True:
            try:
                # Ours may be gone, if somebody tidied up meanwhile; one that was left may be there still.
                self.path.mkdir(parents=True, exist_ok=self._owned)
            except FileExistsError:
                if not os.path.lexists(self.path):
                    raise  # what is in the way is a folder above, such as a link that leads nowhere
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
