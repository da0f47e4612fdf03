"""The archive ``file:DIR``: a folder per run, a segment file per process. Needs no server, and can be replayed to one.

``DIR/<run_id>/run.json`` describes the run as a whole, and is written by its master or local runner;
``DIR/<run_id>/<instance>.segment`` holds the remote-write requests of one process (:mod:`locust_push.wire.segment`).
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from locust_push.core.series import Labels
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.disk_worker import Job, WriteOut, do
from locust_push.delivery.retry import PASSING_DISK_ERRORS
from locust_push.delivery.run_file import RUN_FILE, run_folder, write_run_file
from locust_push.delivery.segment_file import SegmentWriter, file_stem, new_segment
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder

Describe = Callable[[], Mapping[str, Any]]
"""Returns the current facts about the run, as plain data for JSON."""

logger = logging.getLogger(__name__)


class ArchiveSink:
    """Appends one process's requests to its segment."""

    newest_only = False

    def __init__(
        self,
        url: str,
        directory: Path,
        *,
        run_id: str,
        instance: str,
        common_labels: Labels,
        describe: Describe | None = None,
        later: Callable[[Job], None] = do,
    ) -> None:
        """Write below ``directory``; the result of ``describe``, if given, becomes run.json.

        ``later`` syncs files and folders, so that they survive a power failure, without waiting.
        """
        self.url = url
        self.folder = run_folder(directory, run_id)
        self._stem = file_stem(instance)
        self._encoder = RemoteWriteEncoder(common_labels)
        self._describe = describe
        self._write_out = WriteOut(later)
        self._writer: SegmentWriter | None = None

    def __repr__(self) -> str:
        return f"<ArchiveSink {self.folder / self._stem} {self._writer!r}>"

    def open(self) -> None:
        """Do nothing: the files are created with the first payload, whose verdict can report an error."""

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Remote-write 1.0 requests."""
        return self._encoder.encode(snapshot)

    def end(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """New series, and stale markers, so that a replay ends the series where the run ended."""
        return self._encoder.end(snapshot)

    def attempt(self, payload: Payload) -> Verdict:
        """Append one record; a record that could not be written whole is cut off again."""
        try:
            self._segment().append(payload.body)
            self._write_out.soon(self._segment().path)
        except OSError as error:
            detail = f"{error.strerror or error}: {error.filename or self.folder}"
            if error.errno in PASSING_DISK_ERRORS:
                return Retry("disk", detail)
            return Rejected("disk", f"{detail}; use a writable folder in --push-url file:DIR")
        return Delivered()

    def close(self) -> None:
        """Close the segment, and write run.json again, now with the end of the run."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        self._write_out.now()
        if self._describe is not None:
            try:
                write_run_file(self.folder, self._describe())
            except OSError as error:
                logger.warning("%s: %s could not be updated: %s", self.url, RUN_FILE, error)

    def _segment(self) -> SegmentWriter:
        if self._writer is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._describe is not None:
                write_run_file(self.folder, self._describe())
            self._writer = new_segment(self.folder, self._stem)
            self._write_out.soon(*self.folder.glob(RUN_FILE), self.folder, *list(self.folder.parents)[:2])
        return self._writer
