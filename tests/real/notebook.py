"""A destination that is not in the package: ``notebook:DIR``, a file of JSON lines per process and run.

All that there is to know of it is in this module, as it would be in one of ``locust_push/outputs``.
"""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from locust_push.config.targets import Target, refuse_url
from locust_push.core import metrics
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.verdict import Delivered, Verdict
from locust_push.doctor.check import Finding, Level
from locust_push.outputs.destination import Access, Destination, Lookup, RunPart
from locust_push.results.build import build_summary
from locust_push.results.model import Run, RunResults
from locust_push.results.names import find_run
from locust_push.results.samples import Findings, LastSample
from locust_push.results.source import RunSource
from locust_push.wire.payload import Pause, Payload

Labelled = Mapping[str, str]


class Notebook(Destination):
    """A folder of text files."""

    title = "a notebook"
    protocols = ("notebook",)
    schemes = frozenset({"notebook"})

    def recognizes(self, parts: SplitResult) -> bool:
        """Recognize its own scheme."""
        return parts.scheme == "notebook"

    def target(self, option: str, text: str, parts: SplitResult, protocol: str) -> Target:
        """Return the target, which is a folder."""
        if not parts.path or parts.query:
            refuse_url(option, text, "is not a notebook", "write it like notebook:/srv/notes")
        return Target(text, protocol)

    def open(self, access: Access, part: RunPart) -> "Page":
        """Return the sink, which writes the file of one process."""
        return Page(access.target.url, folder(access.target) / f"{part.run_id}.{part.instance}.jsonl", part)

    def examine(self, access: Access) -> list[Finding]:
        """Check that the folder exists."""
        there = folder(access.target).is_dir()
        return [Finding("notebook", Level.OK if there else Level.FAIL, f"{folder(access.target)}")]

    def runs(self, access: Access, lookup: Lookup) -> RunSource:
        """Return the runs in the folder."""
        return Pages(folder(access.target), lookup)


def folder(target: Target) -> Path:
    return Path(urlsplit(target.url).path)


class Page:
    """Writes the series of one process."""

    newest_only = False

    def __init__(self, url: str, path: Path, part: RunPart) -> None:
        self.url = url
        self._path = path
        self._labels = dict(part.all_labels)

    def open(self) -> None:
        """Create the folder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def encode(self, snapshot: Snapshot) -> Iterator[Payload | Pause]:
        """Write a line for each series."""
        lines = [
            json.dumps([{"__name__": series.name, **self._labels, **dict(series.labels)}, value, snapshot.timestamp_ms])
            for series, value in zip(snapshot.series, snapshot.values, strict=False)
        ]
        yield Payload("\n".join([*lines, ""]).encode(), len(lines), snapshot.timestamp_ms)

    def end(self, snapshot: Snapshot) -> Iterator[Payload]:  # noqa: ARG002 - the interface's
        """Write nothing more."""
        return iter(())

    def attempt(self, payload: Payload) -> Verdict:
        """Append."""
        with self._path.open("ab") as file:
            file.write(payload.body)
        return Delivered()

    def close(self) -> None:
        """Do nothing: no file is open."""


class Pages:
    """The runs in a folder."""

    delay = 0.0

    def __init__(self, directory: Path, lookup: Lookup) -> None:
        self._directory = directory
        self._lookup = lookup

    def list(self, limit: int | None = None) -> Sequence[Run]:
        """Return runs, newest first."""
        names = {path.name.partition(".")[0] for path in self._directory.glob("*.jsonl")}
        runs = [run for name in names if (run := self._run(name)).matches(self._lookup.match)]
        return sorted(runs, key=lambda run: run.start_time or 0.0, reverse=True)[:limit]

    def find(self, name: str) -> Run:
        """Return a run by its name."""
        return find_run(self.list(), name)

    def before(self, run: Run, match: Mapping[str, str]) -> Iterator[Run]:
        """Return all runs that began earlier."""
        began = run.start_time or 0.0
        return (one for one in self.list() if one.matches(match) and (one.start_time or 0.0) < began)

    def read(
        self,
        name: str,
        own_metrics: Collection[str] = (),  # noqa: ARG002  # a notebook has none
        warmup: float | None = None,  # noqa: ARG002  # it knows no times
    ) -> RunResults:
        """Return results from the last line of each series."""
        run = self.find(name)
        last = [LastSample(labels, value, at) for labels, value, at in self._last(run.run_id) if math.isfinite(value)]
        return build_summary(run, Findings(last, instances=sorted({one.labels["instance"] for one in last})))

    def _run(self, run_id: str) -> Run:
        times = {labels["__name__"]: value for labels, value, _ in self._last(run_id)}
        return Run(run_id, {}, times.get(metrics.RUN_START.name), times.get(metrics.RUN_END.name))

    def _last(self, run_id: str) -> Sequence[tuple[dict[str, str], float, int]]:
        last: dict[str, Any] = {}
        for path in self._directory.glob(f"{run_id}.*.jsonl"):
            for line in path.read_text().splitlines():
                labels, value, at = json.loads(line)
                last[json.dumps(labels)] = (labels, value, at)
        return list(last.values())
