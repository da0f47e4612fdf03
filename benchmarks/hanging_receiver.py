"""What a receiver that takes requests and never answers costs a saturated Locust process.

Runs with and without ``--push-url`` take turns, so that whatever else the machine does hits both alike. Throughput is
what users see; one process compared with itself (:mod:`benchmarks.cost`) says the same without the noise of two.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import cost
from benchmarks.load import EMPTY, NONE, Load, Run, run
from benchmarks.timing import in_turns, spread, table
from locust_push.testing import Receiver, hang
from tests.servers.nginx import Nginx

ROUNDS, SECONDS, USERS, NAMES = 12, 12, 20, 50

LONG = 120
"""Seconds of a run that is compared with itself: enough to distinguish one percent from two."""

HANGING = "a receiver that hangs"
PUSH = ("--push-timeout", "2s", "--push-flush-timeout", "1s", "--push-spool", "")


@contextmanager
def runner() -> Iterator[Callable[[str, Load], Run]]:
    """What runs one of the alternatives."""
    with TemporaryDirectory() as folder, Nginx(Path(folder)) as nginx, Receiver(default=hang()) as receiver:
        commands = {NONE: ("none",), EMPTY: ("empty",), HANGING: ("none", *PUSH, "--push-url", receiver.write_url)}

        def one(alternative: str, load: Load) -> Run:
            peer, *options = commands[alternative]
            return run(nginx.url, load, *options, peer=peer)

        yield one


def row(alternative: str, runs: list[Run], base: list[Run]) -> list[str]:
    """A row of the table; ratios are those of rounds that stood side by side."""
    throughput = [mine.throughput / without.throughput for mine, without in zip(runs, base, strict=True)]
    cpu = [without.cpu / mine.cpu for mine, without in zip(runs, base, strict=True)]
    return [
        alternative,
        f"{median(run.throughput for run in runs):,.0f}",
        f"{median(throughput):.3f}",
        f"{spread(throughput):.1%}",
        f"{max(run.throughput for run in runs) / max(run.throughput for run in base):.3f}",
        f"{median(cpu):.3f}",
    ]


def report() -> str:
    """The tables."""
    alternatives, load = (NONE, EMPTY, HANGING), Load(names=NAMES, users=USERS, seconds=SECONDS)
    with runner() as one:
        runs = in_turns(alternatives, lambda alternative: one(alternative, load), ROUNDS)
        measured = cost.measure((EMPTY, HANGING), NAMES, one, LONG)
    headings = ["with", "requests/s", "ratio", "spread", "ratio of the best rounds", "ratio by CPU"]
    found = table(headings, [row(alternative, each, runs[NONE]) for alternative, each in runs.items()])
    what = f"{ROUNDS} rounds of {SECONDS} s, a saturated process of {USERS} FastHttpUsers with {NAMES} names"
    costs = table(cost.HEADINGS, cost.rows(measured))
    return f"{what}, a push every 5 s:\n\n{found}\n\n{cost.how(measured, LONG)}\n\n{costs}"


if __name__ == "__main__":
    print(report())
