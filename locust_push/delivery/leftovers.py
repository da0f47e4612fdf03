"""What earlier runs left in the spool, by names and sizes alone: a run that starts must not wait for it to be read."""

import shlex
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from locust_push.delivery.segment_file import SUFFIX
from locust_push.wire.segment import MAGIC

MAX_SEGMENTS = 1000
"""No more are counted; an exact figure does not matter beyond that."""

_RUNS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Undelivered data below one spool folder.

    Attributes:
        root: The folder, ``--push-spool``.
        runs: IDs of the runs, sorted.
        bytes: Size of their segments. Some of it may be delivered already, where a run was cut short.
    """

    root: Path
    runs: tuple[str, ...]
    bytes: int

    def line(self, url: str) -> str:
        """One line that says what waits where, and the command that delivers it to ``url``."""
        named = ", ".join(self.runs[:_RUNS_NAMED])
        more = f" and {len(self.runs) - _RUNS_NAMED} more" if len(self.runs) > _RUNS_NAMED else ""
        folder = self.root / self.runs[0] if len(self.runs) == 1 else self.root
        return (
            f"{self.bytes / 2**20:.1f} MiB of earlier runs ({named}{more}) are undelivered in {folder}, "
            f"deliver them with: {replay_command(folder, url)}"
        )


def find_leftovers(root: Path) -> Leftovers | None:
    """What lies below ``root``, a folder of runs, that are folders of spools; None where there is nothing.

    What cannot be looked at counts as nothing.
    """
    found = [(path.parts[-3], _size(path)) for path in islice(root.glob(f"*/*/*{SUFFIX}"), MAX_SEGMENTS)]
    runs = {run for run, size in found if size}
    return Leftovers(root, tuple(sorted(runs)), sum(size for _, size in found)) if runs else None


def replay_command(folder: Path, url: str) -> str:
    """What to type to deliver what is in ``folder``."""
    return f"locust-push replay {shlex.quote(str(folder))} --push-url {shlex.quote(url)}"


def _size(path: Path) -> int:
    """Bytes of records."""
    try:
        return max(0, path.stat().st_size - len(MAGIC))
    except OSError:
        return 0
