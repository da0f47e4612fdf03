"""Reading the archive that :mod:`locust_push.outputs.archive` writes: a folder per run, a segment per process."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from locust_push.core import metrics
from locust_push.core.labels import INSTANCE, JOB
from locust_push.delivery.recordings import Warn
from locust_push.delivery.run_file import RUN_FILE
from locust_push.delivery.segment_file import SUFFIX, by_process
from locust_push.results.build import build_summary
from locust_push.results.model import Run, RunResults
from locust_push.results.names import find_run
from locust_push.results.samples import (
    Curve,
    Findings,
    LastHistogram,
    LastSample,
)
from locust_push.results.sources.kept import KeptResults
from locust_push.results.sources.scan import Scan
from locust_push.wire import segment
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.remote_write.decode import decode, uncompress

T = TypeVar("T")

Progress = Callable[[int, int], None]
"""Called with the number of bytes read so far, and their total."""

_OVER_TIME = frozenset(metric.name for metric in metrics.OVER_TIME)


class Archive:
    """The runs in a folder, including those without a ``run.json``, whose master wrote elsewhere.

    Attributes:
        delay: Seconds after which pushed data can be read.
    """

    delay = 0.0

    def __init__(
        self,
        directory: Path,
        warn: Warn,
        *,
        match: Mapping[str, str] | None = None,
        since: float | None = None,
        progress: Progress = lambda _done, _total: None,
    ) -> None:
        """Read below ``directory``, which may be missing.

        Args:
            directory: The folder with a folder per run.
            warn: Called with one line about each problem.
            match: Labels that runs must have; others are ignored.
            since: Unix time; earlier runs are ignored.
            progress: Called with the progress of reading a run.
        """
        self._directory = directory
        self._warn = warn
        self._match = match or {}
        self._since = since
        self._progress = progress
        self._damages = 0

    def list(self, limit: int | None = None) -> Sequence[Run]:
        """Return the newest runs, all without a ``limit``, newest first; one of unknown age last."""
        return [run for run in self._newest_first() if self._wanted(run)][:limit]

    def before(self, run: Run, match: Mapping[str, str]) -> Iterator[Run]:
        """Yield the runs that began before ``run``, have its parameters and these labels, the newest first."""
        yield from (one for one in self._newest_first() if one.is_before(run) and one.matches(match))

    def _newest_first(self) -> Sequence[Run]:
        return sorted(map(self._run, self._folders()), key=lambda run: run.age_key, reverse=True)

    def find(self, name: str) -> Run:
        """Return a run by its ID, ``latest`` or ``latest~N``.

        Raises:
            UnknownRunError: There is no such run.
        """
        folder = self._directory / name
        run = self._run(folder) if folder.parent == self._directory and _is_run(folder) else None
        return run if run and self._wanted(run) else find_run(self.list(), name)

    def read(
        self,
        name: str,
        own_metrics: Collection[str] = (),  # noqa: ARG002  # all of them are read
        warmup: float | None = None,
    ) -> RunResults:
        """Return the results of a run, by its ID, ``latest`` or ``latest~N``, with all of the locustfile's metrics.

        Raises:
            UnknownRunError: There is no such run.
        """
        found = self.find(name)
        run, folder = found.excluding(warmup), self._directory / found.run_id
        self._warn_of_later(run.run_id)
        paths = _segments(folder)
        kept = KeptResults(folder, run, paths)
        return kept.read() or self._scanned(run, paths, kept if run == found else None)

    def _scanned(self, run: Run, paths: Sequence[Path], kept: KeptResults | None) -> RunResults:
        """Return the results by the segments; those of a whole run are kept."""
        damages = self._damages
        results = build_summary(run, self._findings(paths, run.judged_from))
        if kept and run.end_time is not None and damages == self._damages:
            kept.write(results)
        return results

    def processes(self, run: Run) -> Iterator[Iterator[WriteRequest]]:
        """Return all data that was pushed in a run: for each process its requests, in order of time."""
        for segments in by_process(_segments(self._directory / run.run_id)):
            yield itertools.chain.from_iterable(self._read(path, decode) for path in segments)

    def _findings(self, paths: Sequence[Path], judged_from: float | None) -> Findings:
        """Scan each segment; if a process had several, each begins at 0, so they are summed like processes."""
        last: list[LastSample] = []
        curves: list[Curve] = []
        counted: list[Curve] = []
        native: list[LastHistogram] = []
        before: list[LastSample] = []
        native_before: list[LastHistogram] = []
        done, total = 0, sum(path.stat().st_size for path in paths)
        for path in paths:
            scan = Scan(_OVER_TIME, judged_from)
            for size in self._read(path, partial(_take, scan)):
                done += size
                self._progress(done, total)
            last += scan.last()
            curves += scan.curves()
            counted += scan.counted()
            native += scan.native()
            before += scan.before
            native_before += scan.native_before
        instances = {sample.labels.get(INSTANCE, "") for sample in last}
        return Findings(last, curves, counted, native, sorted(instances), before, native_before)

    def _warn_of_later(self, run_id: str) -> None:
        """Warn if the ID was used again: the later runs have a number behind it."""
        numbers = itertools.takewhile(
            lambda number: (self._directory / f"{run_id}-{number}").is_dir(), itertools.count(2)
        )
        if (last := max(numbers, default=None)) is not None:
            self._warn(f"{run_id} was used for {last} runs; this is the first of them, {run_id}-{last} the last")

    def _wanted(self, run: Run) -> bool:
        young = self._since is None or run.start_time is None or run.start_time >= self._since
        return young and run.matches(self._match)

    def _folders(self) -> Sequence[Path]:
        if not self._directory.is_dir():
            return []
        return [path for path in self._directory.iterdir() if _is_run(path)]

    def _run(self, folder: Path) -> Run:
        run_file = folder / RUN_FILE
        if run_file.is_file():
            try:
                run = _described(folder.name, json.loads(run_file.read_bytes()))
            except (OSError, ValueError, TypeError, AttributeError) as error:
                self._warn(f"{run_file}: cannot be read, only the segments beside it are used: {error}")
            else:
                return run if run.end_time is not None else replace(run, last_time=_last_time(folder))
        return Run(folder.name, {}, self._first_time(folder), None, last_time=_last_time(folder))

    def _first_time(self, folder: Path) -> float | None:
        """Return the Unix time of the oldest sample in a folder, from the first record of each segment."""
        firsts = [request for path in _segments(folder) for request in itertools.islice(self._read(path, decode), 1)]
        times = [sample.timestamp for request in firsts for series in request.timeseries for sample in series.samples]
        return min(times) / 1000 if times else None

    def _read(self, path: Path, take: Callable[[bytes], T]) -> Iterator[T]:
        """Yield the result of ``take`` for each payload of a segment, up to a damaged record."""
        try:
            with path.open("rb") as stream:
                for payload in segment.read(stream, partial(self._warn_of_damage, path)):
                    yield take(payload)
        except (OSError, ValueError, segment.DamagedSegmentError) as error:
            self._warn_of_damage(path, f"{error}; what follows is skipped")

    def _warn_of_damage(self, path: Path, problem: str) -> None:
        self._damages += 1
        self._warn(f"{path}: {problem}")


def _is_run(folder: Path) -> bool:
    return (folder / RUN_FILE).is_file() or any(_segments(folder))


def _take(scan: Scan, payload: bytes) -> int:
    scan.add(uncompress(payload))
    return len(payload)


def _described(run_id: str, content: Any) -> Run:
    """Return the contents of run.json; the folder's name is the ID, even if it was renamed."""
    labels = {JOB: content["job"]} if "job" in content else {}
    labels |= content.get("labels", {})
    return Run(
        run_id,
        _texts(content.get("info", {})),
        _time(content.get("start_time")),
        _time(content.get("end_time")),
        _texts(labels),
        cut_short=str(content.get("cut_short", "")),
        gate_met=content.get("gate_met"),
        judged_from=_time(content.get("judged_from")),
    )


def _texts(content: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in content.items()}


def _time(value: Any) -> float | None:
    return None if value is None else float(value)


def _last_time(folder: Path) -> float | None:
    """Return the time of the last write into a folder."""
    return max((path.stat().st_mtime for path in _segments(folder)), default=None)


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))
