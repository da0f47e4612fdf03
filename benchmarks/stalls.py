"""For how long a push holds up the users: the longest time in which no greenlet could run, and what that does to p99.9.

The process has little else to do. A *turn* is the CPU time for which pushing blocks the hub. A *stall* is the delay
with which a greenlet that repeatedly sleeps for a millisecond wakes up, whatever the cause: Python's garbage collector
alone stops a process with Locust's statistics of 2,000 names for 40 ms. The target answers after a constant time, so
that Locust's response times beyond it were added by the process.
"""

from statistics import median

from benchmarks.load import CLIENT, NONE, OURS, TELEMETRY, Load, Run, Stage, stage
from benchmarks.timing import in_turns, table

ROUNDS, SECONDS, USERS = 1, 20, 40
WAIT, ANSWER = 0.1, 0.020
"""Seconds: 400 requests per second, each answered after 20 ms."""

SERIES_PER_NAME = 22
NAMES = {size: size // SERIES_PER_NAME for size in (1000, 10_000, 40_000)}


def row(size: int, alternative: str, runs: list[Run]) -> list[str]:
    """A row of the table."""
    stalls = [1000 * run.longest_stall for run in runs]
    late = [1000 * (run.p999 - ANSWER) for run in runs]
    turns = [1000 * run.longest_turn for run in runs]
    turn = [f"{value:.1f} ms" for value in (median(turns), max(turns))] if any(turns) else ["", ""]
    return [f"{size:,}", alternative, *turn, f"{median(stalls):.0f} ms", f"{median(late):.0f} ms"]


def rows(size: int, on: Stage) -> list[list[str]]:
    """The table's rows for that many series."""
    path = f"/slow/{ANSWER * 1000:.0f}"
    load = Load(names=NAMES[size], users=USERS, seconds=SECONDS, wait=WAIT, path=path, probe=True)
    runs = in_turns(
        (NONE, OURS, CLIENT, TELEMETRY), lambda alternative: on.run(alternative, load, on.target.url), ROUNDS
    )
    return [row(size, alternative, each) for alternative, each in runs.items()]


def report() -> str:
    """The table."""
    with stage() as on:
        found = [one for size in NAMES for one in rows(size, on)]
    headings = ["series", "with", "longest turn of a push", "of all runs", "longest stall", "p99.9, late by"]
    how = f"{ROUNDS} runs of {SECONDS} s, {USERS / WAIT:.0f} requests/s, each answered after {ANSWER * 1000:.0f} ms"
    return f"{how}, a push every 5 s:\n\n{table(headings, found)}"


if __name__ == "__main__":
    print(report())
