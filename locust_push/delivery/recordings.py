"""What can be replayed: the segments that processes left in spools and archives, and how far each was delivered.

A spool is a queue: what was delivered is deleted. An archive is kept as it is; how far it was delivered is noted beside
its segments, separately for each URL, until all of it is delivered.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from locust_push.config.urls import public_url
from locust_push.core.labels import INSTANCE, JOB, RUN_ID
from locust_push.delivery.files import write_whole
from locust_push.delivery.segment_file import SUFFIX, SegmentWriter, by_process, new_segment
from locust_push.delivery.spool import POSITION_SUFFIX
from locust_push.delivery.spool_folder import ABOUT_FILE
from locust_push.delivery.verdict import Rejected
from locust_push.wire import segment
from locust_push.wire.payload import Payload

REFUSED = "refused"
"""Stem of the files in a spool that hold refused data, and the reasons."""

DAMAGED_SUFFIX = ".damaged"
"""Suffix of a spool's segment that cannot be read to its end: it is renamed rather than deleted."""

ARCHIVED = "remote-write"
"""The protocol of what an archive holds."""

_DEPTH = 3  # a spool: run, process and URL, segment; an archive: run, segment

Warn = Callable[[str], None]
"""Gets one line for each file that could not be read; the others are used."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded data of one process.

    Attributes:
        folder: Where its segments are.
        segments: In the order of their data.
        protocol: Name of the payloads' protocol.
        url: Their destination, without secrets; empty for an archive.
        labels: ``job``, ``run_id`` and ``instance`` of a spool; empty for an archive.
        spooled: Whether it is a spool, from which delivered data is deleted.
    """

    folder: Path
    segments: Sequence[Path]
    protocol: str
    url: str
    labels: dict[str, str]
    spooled: bool


def choose(
    recordings: Sequence[Recording], url: str, protocols: Collection[str]
) -> tuple[list[Recording], list[Recording]]:
    """Divide recordings into those to be delivered to ``url``, which accepts ``protocols``, and those to be left.

    If some were recorded for exactly that URL, only these are chosen, and archives, which are for any URL: a run that
        pushed to two URLs has left the same data for both. Otherwise the receiver has moved, and all are chosen.
    """
    fit = [recording for recording in recordings if recording.protocol in protocols]
    url = public_url(url)
    if any(recording.url == url for recording in fit):
        fit = [recording for recording in fit if recording.url in {url, ""}]
    return fit, [recording for recording in recordings if recording not in fit]


def find_recordings(directory: Path, warn: Warn, *, refused: bool = False) -> list[Recording]:
    """Find the recordings in a spool or an archive, in one run of it, or in one process's folder of a spool.

    Args:
        directory: The folder to search.
        warn: Called with one line for each folder that cannot be used.
        refused: Whether data that a receiver refused before is tried again.
    """
    found = []
    folders = {path.parent for path in _segments(directory)}
    # By length: of the spools "a", "a.2" … "a.10" that one name has left, the oldest comes first.
    for folder in sorted(folders, key=lambda path: (len(path.name), path)):
        paths = [path for path in folder.glob(f"*{SUFFIX}") if path.is_file()]
        if not (folder / ABOUT_FILE).is_file():
            found += [_archived(folder, group) for group in by_process(paths)]
        elif recording := _spooled(folder, _in_order(paths, refused=refused), warn):
            found.append(recording)
    return [recording for recording in found if recording.segments]


def _segments(directory: Path) -> Iterator[Path]:
    for depth in range(_DEPTH):
        yield from directory.glob("*/" * depth + f"*{SUFFIX}")


def _in_order(paths: Sequence[Path], *, refused: bool) -> list[Path]:
    """Return the segments of a spool by number; refused data comes first, since it is older than the rest."""
    old = by_process(path for path in paths if path.name.startswith(REFUSED)) if refused else []
    numbered = [path for path in paths if path.name.removesuffix(SUFFIX).isdigit()]
    return [path for group in old for path in group] + sorted(numbered, key=lambda path: int(path.stem))


def _archived(folder: Path, segments: Sequence[Path]) -> Recording:
    return Recording(folder, segments, ARCHIVED, "", {}, spooled=False)


def _spooled(folder: Path, segments: Sequence[Path], warn: Warn) -> Recording | None:
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT_FILE).read_bytes())
        labels = {name: str(about[name]) for name in (JOB, RUN_ID, INSTANCE)}
        return Recording(folder, segments, str(about["protocol"]), str(about["url"]), labels, spooled=True)
    except (OSError, ValueError, LookupError, TypeError) as error:
        warn(f"{folder / ABOUT_FILE}: cannot be read ({error}): the URL of this spool is unknown, so it is skipped")
        return None


class Playback:
    """Reads one recording from where an earlier replay to the same URL stopped, and stores its progress."""

    def __init__(self, recording: Recording, url: str, warn: Warn) -> None:
        """Play ``recording`` for ``url``, which only matters for archives; ``warn`` gets a line for what is skipped."""
        self.recording = recording
        self._mark = "" if recording.spooled else f".{hashlib.blake2s(url.encode(), digest_size=4).hexdigest()}"
        self._warn = warn
        self._path: Path | None = None
        self._behind = 0

    @property
    def bytes_left(self) -> int:
        """Bytes that are still to be read."""
        return sum(path.stat().st_size - self._position(path) for path in self.recording.segments)

    def bodies(self) -> Iterator[bytes]:
        """Yield each payload; requesting the next one marks it as finished.

        Raises:
            OSError: A segment cannot be read, its position not stored, or delivered data not deleted from a spool.
        """
        for path in self.recording.segments:
            whole = yield from self._bodies_of(path)
            if self.recording.spooled:
                path.unlink() if whole else path.rename(path.with_suffix(DAMAGED_SUFFIX))
                self._position_file(path).unlink(missing_ok=True)

    def following(self) -> bytes | None:
        """Return the payload behind the last one of :meth:`bodies`, without taking it; None if it cannot be read."""
        segments = self.recording.segments
        for path in segments[segments.index(self._path) :] if self._path else ():
            with path.open("rb") as stream, suppress(EOFError):
                stream.seek(self._behind if path == self._path else self._position(path))
                return segment.read_record(stream)
        return None

    def restart(self) -> None:
        """Delete the stored progress."""
        for path in self.recording.segments:
            self._position_file(path).unlink(missing_ok=True)

    def close(self, root: Path) -> None:
        """Clean up after a complete replay; ``root`` itself and other files stay."""
        self.restart()
        folder = self.recording.folder
        if self.recording.spooled and {path.name for path in folder.iterdir()} == {ABOUT_FILE}:
            (folder / ABOUT_FILE).unlink()
            for empty in (folder, folder.parent):
                if root in empty.parents and not any(empty.iterdir()):
                    empty.rmdir()

    def _bodies_of(self, path: Path) -> Generator[bytes, None, bool]:
        """Return whether all of a segment could be read, except for a last record that was cut off."""
        with path.open("rb") as stream:
            if stream.read(len(segment.MAGIC)) != segment.MAGIC:
                self._warn(f"{path}: is not a segment; it is skipped")
                return not stream.read(1)
            stream.seek(self._position(path))
            while True:
                position = stream.tell()
                try:
                    body = segment.read_record(stream)
                except EOFError:
                    return True
                if body is None:
                    self._warn(f"{path}: the record at byte {position} is damaged; it and the rest are skipped")
                    return not stream.read(1)
                self._path, self._behind = path, stream.tell()
                yield body
                self._note(path, stream.tell())

    def _position(self, path: Path) -> int:
        start = len(segment.MAGIC)
        try:
            position = int(self._position_file(path).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return start
        return position if start <= position <= path.stat().st_size else start

    def _note(self, path: Path, position: int) -> None:
        write_whole(self._position_file(path), f"{position}\n")

    def _position_file(self, path: Path) -> Path:
        return path.with_name(f"{path.name.removesuffix(SUFFIX)}{self._mark}{POSITION_SUFFIX}")


class Refusals:
    """Keeps refused data beside the spool that it came from, with the reasons. An archive has the data anyway."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._writer: SegmentWriter | None = None

    def keep(self, payload: Payload, verdict: Rejected) -> None:
        """Store a refused payload.

        Raises:
            OSError: It cannot be written.
        """
        if not self._recording.spooled:
            return
        folder = self._recording.folder
        self._writer = self._writer or new_segment(folder, REFUSED)
        self._writer.append(payload.body)
        newest = datetime.fromtimestamp(payload.timestamp_ms / 1000, UTC)
        line = f"{payload.samples} samples up to {newest:%Y-%m-%dT%H:%M:%SZ}: {verdict.reason}: {verdict.detail}\n"
        with (folder / f"{REFUSED}.txt").open("a", encoding="utf-8") as file:
            file.write(line)

    def close(self) -> None:
        """Close the files."""
        if self._writer is not None:
            self._writer.close()
