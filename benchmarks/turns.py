"""What listeners add to a request of a real process: they take turns of half a second in one saturated process.

Two processes differ by some percent whatever they do, by how their memory happens to lie; what happens within one does
not. The caches are those of a real process, which the listener in a loop (:mod:`benchmarks.listener`) has to itself.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median, stdev
from tempfile import TemporaryDirectory

from benchmarks.timing import show_progress, table
from locust_push.testing import Receiver
from tests.servers.nginx import Nginx

LOCUSTFILE = Path(__file__).parent / "locustfiles" / "turns.py"
SECONDS, USERS = 40, 20

Turns = dict[str, list[float]]
"""Listener -> CPU seconds per request, a value per turn."""


def measure(names: int, peer: str) -> Turns:
    """Run one process."""
    show_progress(f"turns of {SECONDS} s with {names:,} names and {peer}")
    with TemporaryDirectory() as folder, Nginx(Path(folder)) as nginx, Receiver() as receiver:
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        command += ["-H", nginx.url, "-u", str(USERS), "-r", str(USERS), "-t", f"{SECONDS}s"]
        command += ["--push-url", receiver.write_url, "--push-max-names", "10000", "--push-spool", ""]
        environ = {
            "BENCHMARK_NAMES": str(names),
            "BENCHMARK_TURN": peer,
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        done = subprocess.run(command, check=False, text=True, capture_output=True, env={**os.environ, **environ})
    show_progress("")
    found = [line for line in done.stdout.splitlines() if line.startswith("turns ")]
    if not found:
        raise RuntimeError(f"nothing was measured:\n{done.stderr[-2000:]}")
    turns: Turns = json.loads(found[0].removeprefix("turns "))
    return turns


def row(names: int, what: str, mine: list[float], none: list[float]) -> list[str]:
    """A row of the table, out of turns that followed each other."""
    added = [1e6 * (one - other) for one, other in zip(mine, none, strict=False)]
    ratio = median(none) / median(mine)
    error = stdev(added) / len(added) ** 0.5
    return [
        f"{names:,}",
        what,
        f"{1e6 * median(mine):.1f} µs",
        f"{median(added):+.2f} ± {error:.2f} µs",
        f"{ratio:.3f}",
    ]


def rows(names: int) -> list[list[str]]:
    """The table's rows for that many names."""
    found = []
    for peer in ("prometheus_client", "OpenTelemetry"):
        turns = measure(names, peer)
        shown = {"empty": "an empty listener", "ours": "locust-push", "peer": peer}
        found += [
            row(names, label, turns[name], turns["none"])
            for name, label in shown.items()
            if name == "peer" or peer == "prometheus_client"
        ]
    return found


def report() -> str:
    """The table."""
    found = [one for names in (50, 2000) for one in rows(names)]
    headings = ["names", "listener", "CPU per request", "added to that without one", "ratio"]
    return f"Turns of half a second in one saturated process, {SECONDS} s:\n\n{table(headings, found)}"


if __name__ == "__main__":
    print(report())
