"""Whose code a saturated Locust process runs: what share of its CPU time goes into recording and pushing.

Two processes differ in throughput by some percent whatever they do, by how their memory happens to lie, so that one
percent cannot be told from none by it. It can by looking, some hundred times a second, at which function runs: py-spy
does so from outside. Not in these shares: what a listener drives out of the processor's caches and others fetch again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev
from tempfile import TemporaryDirectory

from benchmarks.load import CLIENT, EMPTY, NONE, OURS, TELEMETRY, Load, Run, Stage, stage
from benchmarks.timing import in_turns, table

ROUNDS, SECONDS, USERS = 3, 30, 20
PER_SECOND = 400

ALTERNATIVES = (NONE, EMPTY, OURS, CLIENT, TELEMETRY)

_OWN = ("/locust_push/", "/benchmarks/peers/", "/benchmarks/locustfiles/")
_HOOK = "EventHook.fire ("
_ELSEWHERE = ("/gevent/threadpool.py", "main (", "on_test_stop (")
"""Functions of threads that only wait, of the start, and of what comes after the test."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of the CPU time of a saturated process.

    Attributes:
        listener: In listeners of the request event that are not Locust's.
        pushing: In greenlets that aggregate, encode and send.
        hook: In Locust's event hook, which calls the listeners.
        cpu: CPU seconds per request.
    """

    listener: float
    pushing: float
    hook: float
    cpu: float


def share(stacks: Path, run: Run) -> Share:
    """Sum up what py-spy saw: a line per stack, outermost function first, and how often it was seen."""
    seen = dict.fromkeys(("all", "listener", "pushing", "hook"), 0)
    for functions, count in _stacks(stacks):
        seen["all"] += count
        fired = next((place for place, function in enumerate(functions) if _HOOK in function), None)
        if fired is None:
            seen["pushing"] += count * any(own in functions[0] for own in _OWN)
        elif fired == len(functions) - 1:
            seen["hook"] += count
        else:
            seen["listener"] += count * any(own in functions[fired + 1] for own in _OWN)
    listener, pushing, hook = (seen[kind] / seen["all"] for kind in ("listener", "pushing", "hook"))
    return Share(listener, pushing, hook, run.cpu)


def _stacks(path: Path) -> Iterator[tuple[Sequence[str], int]]:
    for line in path.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        functions = stack.split(";")
        if not any(place in function for function in functions for place in _ELSEWHERE):
            yield functions, int(count)


def rows(shares: dict[str, list[Share]]) -> Iterator[list[str]]:
    """The table's rows; the first alternative is the one without anything."""
    without = mean(one.hook for one in next(iter(shares.values())))
    for alternative, found in shares.items():
        parts = [mean(kind) for kind in zip(*((one.listener, one.pushing, one.hook) for one in found), strict=True)]
        added = [one.listener + one.pushing + one.hook - without for one in found]
        error = stdev(added) / len(added) ** 0.5 if len(added) > 1 else 0.0
        cpu = median(one.cpu for one in found)
        yield [
            alternative,
            *(f"{each:.2%}" for each in parts),
            f"{mean(added):.2%} ± {error:.2%}",
            f"{1e6 * mean(added) * cpu:.2f} µs",
            f"{1 - mean(added):.3f}",
        ]


HEADINGS = ["with", "listener", "pushing", "Locust's event hook", "added", "per request", "left for the test"]


def measure(alternatives: Sequence[str], names: int, on: Stage) -> dict[str, list[Share]]:
    """Watch each alternative, in turns."""

    def one(alternative: str) -> Share:
        with TemporaryDirectory() as folder:
            stacks = Path(folder, "stacks")
            load = Load(names=names, users=USERS, seconds=SECONDS, watched_by=watcher(stacks))
            return share(stacks, on.run(alternative, load))

    return in_turns(alternatives, one, ROUNDS)


def watcher(stacks: Path) -> tuple[str, ...]:
    """The command before that of the process which it is to watch."""
    options = ("--full-filenames", "--format", "raw", "--rate", str(PER_SECOND), "--output", str(stacks))
    return ("py-spy", "record", *options, "--")


def report() -> str:
    """The tables."""
    parts = [f"{ROUNDS} rounds of {SECONDS} s, {USERS} FastHttpUsers against nginx, {PER_SECOND} looks per second:"]
    with stage() as on:
        for names in (50, 2000):
            found = measure(ALTERNATIVES, names, on)
            parts.append(f"{names:,} names:\n\n{table(HEADINGS, rows(found))}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(report())
