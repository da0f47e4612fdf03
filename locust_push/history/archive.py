"""Reading the archive that :mod:`locust_push.sinks.archive` writes: a folder per run, a segment per process."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from locust_push.delivery.segment_file import SUFFIX, by_process
from locust_push.history.build import build_summary
from locust_push.history.names import find_run
from locust_push.history.samples import LastSample, last_samples
from locust_push.history.summary import Run, RunSummary
from locust_push.sinks.archive import RUN_FILE
from locust_push.wire import segment
from locust_push.wire.decode import decode
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest

Warn = Callable[[str], None]
"""Is told, in one line, what could not be read; the rest is used."""


class Archive:
    """The runs in a folder. Also those whose ``run.json`` is missing, since their master or its machine is gone."""

    def __init__(self, directory: Path, warn: Warn) -> None:
        """Read below ``directory``, which need not be there."""
        self._directory = directory
        self._warn = warn

    def __repr__(self) -> str:
        return f"<Archive {self._directory}>"

    def list(self) -> Sequence[Run]:
        """Return all runs, newest first; one of unknown age last."""
        runs = [self._run(folder) for folder in self._folders()]
        return sorted(runs, key=lambda run: (run.start_time or 0.0, run.run_id), reverse=True)

    def read(self, name: str) -> RunSummary:
        """Return the results of a run, by its ID, ``latest`` or ``latest~N``.

        Raises:
            UnknownRunError: There is no such run.
        """
        run = find_run(self.list(), name)
        samples: list[LastSample] = []
        for path in _segments(self._directory / run.run_id):
            # One process may have had several segments; each begins at 0, so that they are summed like processes.
            samples += last_samples(self._requests(path))
        return build_summary(run, samples)

    def processes(self, run: Run) -> Iterator[Iterator[WriteRequest]]:
        """Return everything that was pushed in a run: for each process its requests, in the order of their time."""
        for segments in by_process(_segments(self._directory / run.run_id)):
            yield itertools.chain.from_iterable(map(self._requests, segments))

    def _folders(self) -> Sequence[Path]:
        if not self._directory.is_dir():
            return []
        return [path for path in self._directory.iterdir() if (path / RUN_FILE).is_file() or any(_segments(path))]

    def _run(self, folder: Path) -> Run:
        run_file = folder / RUN_FILE
        if run_file.is_file():
            try:
                return _described(folder.name, json.loads(run_file.read_bytes()))
            except (OSError, ValueError, TypeError, AttributeError) as error:
                self._warn(f"{run_file}: cannot be read, the segments beside it are: {error}")
        return Run(folder.name, {}, self._first_time(folder), None)

    def _first_time(self, folder: Path) -> float | None:
        """Return the Unix time of the oldest sample in a folder, from the first record of each segment."""
        firsts = [request for path in _segments(folder) for request in itertools.islice(self._requests(path), 1)]
        times = [sample.timestamp for request in firsts for series in request.timeseries for sample in series.samples]
        return min(times) / 1000 if times else None

    def _requests(self, path: Path) -> Iterator[WriteRequest]:
        try:
            with path.open("rb") as stream:
                for payload in segment.read(stream, lambda problem: self._warn(f"{path}: {problem}")):
                    yield decode(payload)
        except (OSError, ValueError, segment.DamagedSegmentError) as error:
            self._warn(f"{path}: {error}; what follows is skipped")


def _described(run_id: str, content: Any) -> Run:
    """Return what run.json tells; the folder's name is the ID, however somebody renamed it."""
    info = {str(name): str(value) for name, value in content.get("info", {}).items()}
    return Run(run_id, info, _time(content.get("start_time")), _time(content.get("end_time")))


def _time(value: Any) -> float | None:
    return None if value is None else float(value)


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))
