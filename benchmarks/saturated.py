"""What a saturated Locust process loses: FastHttpUsers against nginx, with us, with each peer, and with neither.

Throughput is what users see. CPU per request says the same with less noise, since a saturated process has no other
limit; its ratio is the share of the processor that is left for the load test.
"""

from statistics import median

from benchmarks.load import ALTERNATIVES, NONE, Load, Run, Stage, stage
from benchmarks.timing import in_turns, spread, table

ROUNDS, SECONDS, USERS = 3, 12, 20


def row(names: int, alternative: str, runs: list[Run], base: list[Run]) -> list[str]:
    """A row of the table; ratios are those of rounds that stood side by side."""
    throughput = [mine.throughput / without.throughput for mine, without in zip(runs, base, strict=True)]
    cpu = [without.cpu / mine.cpu for mine, without in zip(runs, base, strict=True)]
    added = [mine.cpu - without.cpu for mine, without in zip(runs, base, strict=True)]
    return [
        f"{names:,}",
        alternative,
        f"{median(run.throughput for run in runs):,.0f}",
        f"{median(throughput):.3f}",
        f"{spread(throughput):.1%}",
        f"{1e6 * median(run.cpu for run in runs):.1f} µs",
        f"{1e6 * median(added):+.1f} µs",
        f"{median(cpu):.3f}",
    ]


def rows(names: int, on: Stage) -> list[list[str]]:
    """The table's rows for that many names."""
    load = Load(names=names, users=USERS, seconds=SECONDS)
    runs = in_turns(ALTERNATIVES, lambda alternative: on.run(alternative, load), ROUNDS)
    return [row(names, alternative, each, runs[NONE]) for alternative, each in runs.items()]


def report() -> str:
    """The table."""
    with stage() as on:
        found = [one for names in (50, 2000) for one in rows(names, on)]
    headings = ["names", "with", "requests/s", "ratio", "spread", "CPU per request", "added", "ratio by CPU"]
    how = f"{ROUNDS} rounds of {SECONDS} s, one saturated process of {USERS} FastHttpUsers against nginx"
    return f"{how}, a push every 5 s to a real server:\n\n{table(headings, found)}"


if __name__ == "__main__":
    print(report())
