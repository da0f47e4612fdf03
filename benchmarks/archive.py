"""How long commands take on an archive of 2,000 runs: the first time by segments, later by the results that are kept.

All runs are copies of one, with a master and a few workers, ticks of five seconds and parameters of their own.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.timing import show_progress, table
from locust_push.core import metrics
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import Family, SeriesTable
from locust_push.live.run_totals import recorded_by, run_totals, write_run_totals
from locust_push.options.settings import DEFAULT_BUCKETS
from locust_push.outputs.archive.sink import ArchiveSink
from locust_push.results.sources.kept import KEPT_FILE
from locust_push.wire.payload import Payload

RUNS = 2000
START, INTERVAL = 1_700_000_000, 5
REQUESTS = 200
"""Of each worker in a tick."""

COMMANDS = {
    "runs --limit 20": ["runs", "--limit", "20"],
    "show latest": ["show", "latest"],
    "compare latest:5": ["compare", "latest:5"],
    "gate --baseline latest:5": ["gate", "latest", "--baseline", "latest:5", "--fail-if", "p95{name=*} > +90%"],
    "trend, 50 runs": ["trend"],
}


@dataclass(frozen=True)
class Load:
    """What happens in a run: seconds, workers and names."""

    seconds: int
    workers: int
    names: int

    def __str__(self) -> str:
        return f"{self.seconds // 60} minutes, {self.workers} workers, {self.names} names"


LOADS = Load(300, 2, 20), Load(3600, 4, 50)


class Pushing:
    """One process of a run: its series, and its segment."""

    def __init__(self, folder: Path, instance: str) -> None:
        self.table = SeriesTable()
        labels = ("job", "locust"), ("instance", instance), ("run_id", folder.name)
        self._sink = ArchiveSink("file:x", folder.parent, run_id=folder.name, instance=instance, common_labels=labels)

    def push(self, second: int) -> None:
        """Push a snapshot."""
        time = 1000 * (START + second)
        for step in self._sink.encode(self.table.snapshot(time, time - 1000 * INTERVAL)):
            if isinstance(step, Payload):
                self._sink.attempt(step)

    def close(self) -> None:
        """The run is over."""
        self._sink.close()


def recorder(series: SeriesTable) -> Recorder:
    """A recorder as of a run without options."""
    return Recorder(series, forms=HistogramForms(DEFAULT_BUCKETS), max_names=100)


def write_run(folder: Path, load: Load) -> None:
    """Write the segments of a run."""
    source = random.Random(1)  # noqa: S311 - the same load every time, no secret
    workers = [Pushing(folder, f"worker-{number}") for number in range(load.workers)]
    recorders = [recorder(worker.table) for worker in workers]
    master, merged = Pushing(folder, "master"), recorder(SeriesTable())
    gauges = [Family(master.table, metric).cell() for metric in metrics.OVER_TIME[:3]]
    times = Family(master.table, metrics.RESPONSE_TIME_PERCENTILE, "percentile")
    for second in range(INTERVAL, load.seconds + 1, INTERVAL):
        for worker, one in zip(workers, recorders, strict=True):
            make_requests(source, one, load.names)
            merged.absorb(one.take_recent())
            worker.push(second)
        for cell in (*gauges, *map(times.cell, ("50", "95", "99"))):
            cell.value = source.random()
        if second == load.seconds:
            write_run_totals(master.table, run_totals(recorded_by(merged), load.seconds))
        master.push(second)
    for process in (master, *workers):
        process.close()


def make_requests(source: random.Random, one: Recorder, names: int) -> None:
    """Make the requests of a tick in one worker."""
    for _ in range(REQUESTS):
        one.on_request(
            request_type="GET",
            name=f"/products/{source.randrange(names)}",
            response_time=source.lognormvariate(3.5, 0.8),
            response_length=1000,
            exception=ConnectionError("refused") if source.random() < 0.01 else None,
        )
    for _ in one.drain():
        pass


def write_archive(folder: Path, load: Load, runs: int = RUNS) -> None:
    """Write an archive of a number of runs, two hours apart."""
    pattern = folder / "pattern"
    write_run(pattern, load)
    for number in range(runs):
        run = folder / f"nightly-{number:04}"
        run.mkdir()
        for segment in pattern.iterdir():
            os.link(segment, run / segment.name)
        start = START + 7200 * number
        info = {"locustfile": "locustfile.py", "users": "10", "git_commit": f"{number:040x}"}
        about = {"format": 1, "job": "locust", "start_time": start, "end_time": start + load.seconds, "info": info}
        (run / "run.json").write_text(json.dumps(about))
    for segment in pattern.iterdir():
        segment.unlink()
    pattern.rmdir()


def seconds(folder: Path, arguments: list[str]) -> float:
    """How long a command takes, the start of Python included."""
    command = [sys.executable, "-m", "locust_push", *arguments, "--from", f"file:{folder}"]
    started = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - started


def rows(load: Load) -> Iterator[list[str]]:
    """Yield a row for each command."""
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        show_progress(f"writing runs of {load}")
        write_archive(folder, load)
        for name, arguments in COMMANDS.items():
            show_progress(f"{load}: {name}")
            for kept in folder.glob(f"*/{KEPT_FILE}"):
                kept.unlink()
            first = seconds(folder, arguments)
            later = min(seconds(folder, arguments) for _ in range(3))
            yield [str(load), f"`{name}`", f"{first:.1f} s", f"{later:.1f} s"]


def report() -> str:
    """The table."""
    found = [row for load in LOADS for row in rows(load)]
    show_progress("")
    return table(["each run", "command", "first time", "later"], found)
