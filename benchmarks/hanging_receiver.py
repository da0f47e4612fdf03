"""What a receiver that takes requests and never answers costs a saturated Locust process.

python -m benchmarks.hanging_receiver

Runs with and without ``--push-url`` take turns, so that whatever else the machine does hits both alike. Throughput is
what users see; CPU time per request says the same with less noise, since a saturated process has no other limit.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.timing import table
from locust_push.testing import Receiver, hang
from tests.servers.target import Target

ROUNDS = 6
SECONDS = 15
USERS = 20
LOCUSTFILE = Path(__file__).parent / "locustfiles" / "saturated.py"
PUSH = ("--push-interval", "1s", "--push-timeout", "2s", "--push-flush-timeout", "1s", "--push-spool", "")


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        throughput: Requests per second.
        cpu: CPU seconds per request.
    """

    throughput: float
    cpu: float


def run(host: str, *arguments: str) -> Run:
    """Saturate one process for some seconds."""
    load = ("--headless", "--only-summary", "-u", str(USERS), "-r", str(USERS), "-t", f"{SECONDS}s", "-H", host)
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *load, *arguments]
    done = subprocess.run(command, check=True, text=True, capture_output=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("measured "))
    requests, seconds, cpu_seconds = map(float, line.split()[1:])
    return Run(requests / seconds, cpu_seconds / requests)


def measure() -> tuple[list[Run], list[Run]]:
    """Runs without and with pushing, in turns; one of each goes before, to warm up."""
    without, pushing = [], []
    with tempfile.TemporaryDirectory() as folder, Target(Path(folder)) as target, Receiver(default=hang()) as receiver:
        for _ in range(ROUNDS + 1):
            without.append(run(target.url))
            pushing.append(run(target.url, *PUSH, "--push-url", receiver.write_url))
    return without[1:], pushing[1:]


def row(what: str, without: list[float], pushing: list[float]) -> list[str]:
    """Medians, the ratio of rounds that stood side by side, and that of the rounds that were disturbed least."""
    ratios = median(b / a for a, b in zip(without, pushing, strict=True))
    medians = [f"{median(values):,.1f}" for values in (without, pushing)]
    return [what, *medians, f"{ratios:.3f}", f"{max(pushing) / max(without):.3f}"]


def main() -> None:
    """Print the table."""
    runs = measure()
    throughput = [[each.throughput for each in side] for side in runs]
    per_cpu_second = [[1 / each.cpu for each in side] for side in runs]
    rows = [row("requests per second", *throughput), row("requests per second of CPU time", *per_cpu_second)]
    print(f"{ROUNDS} rounds of {SECONDS} s, a saturated process of {USERS} FastHttpUsers with 50 names:\n")
    print(table(["", "without pushing", "hanging receiver", "ratio, median of rounds", "ratio, best rounds"], rows))


if __name__ == "__main__":
    main()
