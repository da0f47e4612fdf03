"""Undelivered data of earlier runs in the spool, by names and sizes only, so that a run starts without reading it."""

import json
import shlex
from itertools import islice
from pathlib import Path

from locust_push.core.record import record
from locust_push.delivery.segment_file import SUFFIX
from locust_push.delivery.spool_folder import ABOUT_FILE
from locust_push.wire.segment import MAGIC

MAX_SEGMENTS = 1000
"""Limit of segments that are counted; beyond it an exact figure does not matter."""

_RUNS_NAMED = 3
_URLS_READ = 20
"""Most spools whose destination is looked up."""

ANY_RECEIVER = "http://RECEIVER/api/v1/write"
"""Placeholder for a URL: data that was for an archive may go to any remote-write receiver."""


@record(frozen=True, slots=True)
class Leftovers:
    """Undelivered data below one spool folder.

    Attributes:
        root: The folder, ``--push-spool``.
        runs: IDs of the runs, sorted.
        bytes: Size of their segments. Some of it may be delivered already, if a run was killed.
        urls: Its destinations, as far as they were looked up, sorted.
    """

    root: Path
    runs: tuple[str, ...]
    bytes: int
    urls: tuple[str, ...] = ()

    def line(self) -> str:
        """One line with what is undelivered, where it is, and the command for each URL that delivers it."""
        named = ", ".join(self.runs[:_RUNS_NAMED])
        more = f" and {len(self.runs) - _RUNS_NAMED} more" if len(self.runs) > _RUNS_NAMED else ""
        folder = self.root / self.runs[0] if len(self.runs) == 1 else self.root
        commands = " and ".join(replay_command(folder, url) for url in self.urls or ("",))
        return (
            f"{self.bytes / 2**20:.1f} MiB of earlier runs ({named}{more}) are undelivered in {folder}, "
            f"deliver them with: {commands}"
        )


def find_leftovers(root: Path) -> Leftovers | None:
    """Return what is below ``root``, a folder of runs, which are folders of spools; None if there is nothing.

    Unreadable folders count as empty.
    """
    segments = islice(root.glob(f"*/*/*{SUFFIX}"), MAX_SEGMENTS)
    found = [(path, size) for path in segments if (size := _size(path))]
    if not found:
        return None
    runs = {path.parts[-3] for path, _ in found}
    urls = set(map(_url, islice({path.parent: None for path, _ in found}, _URLS_READ)))
    return Leftovers(root, tuple(sorted(runs)), sum(size for _, size in found), tuple(sorted(urls)))


def replay_command(folder: Path, url: str) -> str:
    """Return the command that delivers the data in ``folder``; data for an archive may go to any receiver."""
    to = ANY_RECEIVER if not url or url.startswith("file:") else url
    return f"locust-push replay {shlex.quote(str(folder))} --push-url {shlex.quote(to)}"


def _url(folder: Path) -> str:
    """Return the destination of the data in a spool; empty if unknown, or if any will do."""
    try:
        return str(json.loads((folder / ABOUT_FILE).read_bytes())["url"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _size(path: Path) -> int:
    """Bytes of records."""
    try:
        return max(0, path.stat().st_size - len(MAGIC))
    except OSError:
        return 0
