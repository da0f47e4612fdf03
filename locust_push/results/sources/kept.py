"""The results of a run of an archive, kept beside its segments by the first reader: later reads are one file.

The segments stay the truth: what is kept counts only as long as it was made, by this version, of what is there. It may
be deleted at any time. Two lines of JSON: what it was made of, with the digest of the second; and the results.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from hashlib import blake2s
from pathlib import Path
from typing import Any

from locust_push.delivery.files import write_whole
from locust_push.results.model import Bucket, OwnSample, Point, Precision, PrecisionSource, ResultRow, Run, RunResults
from locust_push.version import __version__

KEPT_FILE = "results.jsonl"


class KeptResults:
    """The results that are kept of one run, if any."""

    def __init__(self, folder: Path, run: Run, segments: Sequence[Path]) -> None:
        """Look in the folder of ``run`` for what was made of these segments, as long as they are now.

        Raises:
            OSError: A segment is gone.
        """
        self._file = folder / KEPT_FILE
        self._run = run
        times = run.start_time, run.end_time, run.judged_from
        self._made_of = [__version__, *times, dict(run.labels), {path.name: path.stat().st_size for path in segments}]

    def read(self) -> RunResults | None:
        """Return the results; None if there are none for these segments, or they are damaged."""
        # TypeError and KeyError: other fields, by a version under development.
        with suppress(OSError, ValueError, TypeError, KeyError):
            head, body = self._file.read_text(encoding="ascii").splitlines()
            if head == self._head(body):
                return _results(self._run, json.loads(body))
        return None

    def write(self, results: RunResults) -> None:
        """Keep results, where this archive can be written to."""
        parts = results.rows, results.aggregated, results.series, results.instances, results.own, results.lost_workers
        body = json.dumps(parts, default=_attributes)
        with suppress(OSError):
            write_whole(self._file, f"{self._head(body)}\n{body}\n")

    def _head(self, body: str) -> str:
        return json.dumps([*self._made_of, blake2s(body.encode(), digest_size=16).hexdigest()])


def _attributes(part: Any) -> dict[str, Any]:
    return {each.name: getattr(part, each.name) for each in fields(part)}


def _results(run: Run, parts: Any) -> RunResults:
    rows, aggregated, series, instances, own, lost_workers = parts
    return RunResults(
        run,
        tuple(map(_row, rows)),
        _row(aggregated),
        tuple(Point(**one) for one in series),
        tuple(instances),
        tuple(OwnSample(*one) for one in own),
        lost_workers,
    )


def _row(content: dict[str, Any]) -> ResultRow:
    source, relative_error = content["precision"].values()
    content["precision"] = Precision(PrecisionSource(source), relative_error)
    content["histogram"] = tuple(Bucket(*one) for one in content["histogram"])
    return ResultRow(**content)
