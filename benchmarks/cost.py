"""What recording and pushing take of a saturated Locust process, measured where it is spent: by clocks within it.

Two processes differ in throughput by some percent whatever they do, by how their memory happens to lie, so that one
percent cannot be told from none by it. Here a clock stands before and after every call of a listener, and at every
switch to and from whoever pushes, in a process with the caches of a real one. Not in these figures: what others must
fetch into the caches again, and garbage collections that fall on them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median

from benchmarks.load import CLIENT, EMPTY, NONE, OURS, TELEMETRY, WRITER, Load, Run, stage
from benchmarks.timing import in_turns, table

ROUNDS, SECONDS, USERS = 2, 45, 20

CLOCKED = (EMPTY, OURS, CLIENT, WRITER, TELEMETRY)
HEADINGS = ["with", "listener", "pushing", "together", "lowest and highest round", "left for the test"]


def measure(alternatives: Iterable[str], names: int, run: Callable[[str, Load], Run]) -> dict[str, list[Run]]:
    """Run each alternative, in turns; :data:`NONE` is there to compare with, and has no clocks."""

    def one(alternative: str) -> Run:
        return run(alternative, Load(names=names, users=USERS, seconds=SECONDS, clocked=alternative != NONE))

    return in_turns((NONE, *alternatives), one, ROUNDS)


def rows(runs: Mapping[str, list[Run]]) -> Iterator[list[str]]:
    """The table's rows; all is per request. What is left is of a process that would not do it."""
    alone = median(run.cpu for run in runs[NONE])
    for alternative, found in runs.items():
        if alternative == NONE:
            yield [alternative, "", "", "", "", "1.000"]
            continue
        listening = [run.listening / run.requests for run in found]
        pushing = [run.pushing / run.requests for run in found]
        together = [sum(both) for both in zip(listening, pushing, strict=True)]
        yield [
            alternative,
            *(f"{1e6 * median(each):.2f} µs" for each in (listening, pushing, together)),
            f"{1e6 * min(together):.2f} to {1e6 * max(together):.2f} µs",
            f"{alone / (alone + median(together)):.3f}",
        ]


def how(runs: Mapping[str, list[Run]]) -> str:
    """What a table begins with."""
    alone = 1e6 * median(run.cpu for run in runs[NONE])
    rounds = f"{ROUNDS} rounds of {SECONDS} s of {USERS} FastHttpUsers against nginx"
    return f"CPU per request, {rounds}; without a plugin it is {alone:.1f} µs:"


def report() -> str:
    """The tables."""
    parts = []
    with stage() as on:
        for names in (50, 2000):
            found = measure(CLOCKED, names, on.run)
            parts.append(f"{names:,} names. {how(found)}\n\n{table(HEADINGS, rows(found))}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(report())
