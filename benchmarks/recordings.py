"""Real runs of the same load, each request of them written down, for benchmarks of verdicts.

A run is six seconds of Locust against the sample service, some 240 requests in each of twenty rows, pushed to an
archive. What is recorded is kept in :data:`FOLDER` and used again; remove it to record anew. Runs are as noisy as the
machine is, without what else runs on it where they may have real-time priority.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import show_progress
from locust_push.demo.service import SampleService

FOLDER = Path(os.environ.get("BENCHMARK_RECORDINGS", Path(__file__).parent.parent / ".benchmarks" / "recordings"))
"""Where recordings are."""

LOCUSTFILE = Path(__file__).parent / "locustfiles" / "shop.py"
SECONDS, USERS = 6, 80


@dataclass(frozen=True, slots=True)
class Request:
    """One request: seconds since the first one, response time in seconds, and whether it failed."""

    at: float
    seconds: float
    failed: bool


Recording = Mapping[str, list[Request]]
"""The requests of a run, by row."""


def recorded(kind: str, count: int, slowdown: float = 1.0) -> Iterator[Recording]:
    """Yield runs of a service that is slower than usual by a factor; missing ones are recorded."""
    for number in range(count):
        file = FOLDER / kind / f"{kind}-{number:03}.jsonl"
        if not file.exists():
            show_progress(f"recording run {number + 1} of {count}: {kind}")
            record(file, slowdown, number)
        yield read(file)
    show_progress("")


def archive(kind: str) -> Path:
    """Return the archive that the runs of this name were pushed to."""
    return FOLDER / kind / "archive"


def record(file: Path, slowdown: float, seed: int) -> None:
    """Make a run; its ID is the name of the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    _before_others()
    folder = file.parent / "archive"
    with SampleService(slowdown=slowdown, seed=seed) as service:
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        command += ["-u", str(USERS), "-r", str(USERS), "-t", f"{SECONDS}s"]
        command += ["--push-url", f"file:{folder}", "--push-run-id", file.stem, "--push-label", "benchmark=verdicts"]
        command += ["--exit-code-on-error", "0"]
        own = {"SHOP_URL": service.url, "SHOP_RECORDING": str(file), "PYTHONPATH": str(Path(__file__).parent.parent)}
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **own})


def _before_others() -> None:
    """Have this process and those that it starts go before all others, where that is permitted.

    So recordings have the noise of a machine that does nothing else, and not that of what else happens to run there.
    """
    with suppress(PermissionError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def read(file: Path) -> Recording:
    """Return the requests of a recording."""
    rows: dict[str, list[Request]] = {}
    for line in file.read_text().splitlines():
        at, row, milliseconds, failed = json.loads(line)
        rows.setdefault(row, []).append(Request(at, milliseconds / 1000, bool(failed)))
    return rows
