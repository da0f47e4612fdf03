"""The archive as a destination: ``file:DIR``. Imports little; see :mod:`locust_push.outputs.destination`."""

import os
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from locust_push.config.targets import Target, refuse_url
from locust_push.outputs.destination import Access, Destination, Lookup, RunPart

if TYPE_CHECKING:
    from locust_push.doctor.check import Finding
    from locust_push.outputs.archive.sink import ArchiveSink
    from locust_push.results.sources.archive import Archive

ARCHIVE = "archive"
"""The protocol of its targets."""

_EXAMPLE = "write it like file:runs or file:/srv/runs"


def folder_of(target: Target) -> Path:
    """Return the folder of an archive, from ``file:runs``, ``file:/srv/runs`` or ``file:///srv/runs``.

    On Windows also from ``file:C:/runs`` and ``file:///C:/runs``.
    """
    path = unquote(urlsplit(target.url).path)
    return Path(path.lstrip("/") if PureWindowsPath(path.lstrip("/")).drive else path)


class ArchiveDestination(Destination):
    """A folder that keeps whole runs."""

    title = "an archive"
    protocols = (ARCHIVE,)
    schemes = frozenset({"file"})
    recorded_as = "remote-write"

    def recognizes(self, parts: SplitResult) -> bool:  # noqa: ARG002 - its scheme is unique
        """Every URL with its scheme."""
        return True

    def target(self, option: str, text: str, parts: SplitResult, protocol: str) -> Target:
        """Return the target, with its URL unchanged."""
        if parts.netloc not in {"", "localhost"}:
            refuse_url(option, text, "names a host, but an archive is a local folder", _EXAMPLE)
        if not parts.path.strip("/") or parts.query or parts.fragment:
            refuse_url(option, text, "is not a folder", _EXAMPLE)
        return Target(text, protocol)

    def open(self, access: Access, part: RunPart) -> "ArchiveSink":
        """Return the sink that appends to the segment of this process."""
        from locust_push.outputs.archive.sink import ArchiveSink

        return ArchiveSink(
            access.target.url,
            folder_of(access.target),
            run_id=part.run_id,
            instance=part.instance,
            common_labels=part.all_labels,
            describe=part.describe,
            later=part.later,
        )

    def examine(self, access: Access) -> "list[Finding]":
        """An archive needs a folder that can be written or created."""
        from locust_push.doctor.check import Finding, Level

        directory = folder_of(access.target).resolve()
        nearest = next(folder for folder in (directory, *directory.parents) if folder.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK):
            return [Finding("archive", Level.OK, f"{nearest} can be written to")]
        return [Finding("archive", Level.FAIL, f"{nearest} cannot be written to", "use another folder: file:DIR")]

    def claim(self, target: Target, run_id: str) -> bool:
        """Create the folder of the run, which succeeds in only one process."""
        from locust_push.delivery.run_file import claim_run_folder

        return claim_run_folder(folder_of(target), run_id)

    def runs(self, access: Access, lookup: Lookup) -> "Archive":
        """Return the runs in the folder."""
        from locust_push.results.sources.archive import Archive

        return Archive(
            folder_of(access.target), lookup.warn, match=lookup.match, since=lookup.since, progress=lookup.progress
        )
