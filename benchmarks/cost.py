"""The costs of recording and pushing in a saturated Locust process, measured within it.

Two processes differ in throughput by some percent whatever they do, by their memory layout and what else
the machine does, so that a difference of one percent is not visible. Here one process is compared with itself: its
listeners are removed and added again, ten times a second, and the costs of a request with and without them are
compared. That includes cache misses of other code, which clocks before and after a listener do not show. Pushing is
measured by a clock at every switch to and from the greenlets that push, in a separate run.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean, median, stdev

from benchmarks.load import CLIENT, EMPTY, OURS, PLAIN, TELEMETRY, WRITER, Load, Run, stage
from benchmarks.timing import show_progress, table

SECONDS, USERS = 40, 20

CUT = 0.1
"""Share of the pairs that is left out at either end: those in which the machine did something else."""

MEASURED = (EMPTY, OURS, PLAIN, CLIENT, WRITER, TELEMETRY)
HEADINGS = ["with", "listener", "standard error", "pushing", "together", "left for the test"]


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds per request.

    Attributes:
        alone: Cost of a request without other listeners.
        listening: What listeners add, their calls included.
        error: Standard error of that.
        pushing: Of the greenlets that push.
    """

    alone: float
    listening: float
    error: float
    pushing: float

    @property
    def together(self) -> float:
        """What is added in all."""
        return self.listening + self.pushing

    @property
    def left(self) -> float:
        """Share of a process that is left for the test."""
        return self.alone / (self.alone + self.together)


def measure(
    alternatives: Iterable[str], names: int, run: Callable[[str, Load], Run], seconds: int = SECONDS
) -> dict[str, Cost]:
    """Run each alternative twice for so long, alternating and with clocks."""
    found = {}
    for alternative in alternatives:
        show_progress(f"{alternative}, {names:,} names")
        alternating = run(alternative, Load(names, USERS, seconds, alternating=True))
        found[alternative] = cost(alternating, run(alternative, Load(names, USERS, seconds, clocked=True)))
    show_progress("")
    return found


def cost(alternating: Run, clocked: Run) -> Cost:
    """Of a run of either kind."""
    pairs = [*paired(alternating)]
    added = sorted(with_listener - without for without, with_listener in pairs)
    middle = added[round(CUT * len(added)) : round((1 - CUT) * len(added))]
    return Cost(
        median(without for without, _ in pairs),
        fmean(middle),
        stdev(middle) / math.sqrt(len(middle)),
        clocked.pushing / clocked.requests,
    )


def paired(run: Run) -> Iterator[tuple[float, float]]:
    """CPU seconds per request without and with listeners, of phases that follow one another."""
    for pair in zip(run.phases[::2], run.phases[1::2], strict=False):
        (_, seconds, requests), (_, more_seconds, more_requests) = sorted(pair)
        if requests and more_requests:
            yield seconds / requests, more_seconds / more_requests


def rows(costs: Mapping[str, Cost]) -> Iterator[list[str]]:
    """The table's rows; all is per request."""
    for alternative, found in costs.items():
        times = (found.listening, found.error, found.pushing, found.together)
        yield [alternative, *(f"{1e6 * each:.2f} µs" for each in times), f"{found.left:.3f}"]


def how(costs: Mapping[str, Cost], seconds: int = SECONDS) -> str:
    """What a table begins with."""
    alone = 1e6 * median(found.alone for found in costs.values())
    runs = f"two runs of {seconds} s, the second for pushing, of {USERS} FastHttpUsers against nginx"
    return f"CPU per request, {runs}; without a listener it is {alone:.1f} µs:"


def report() -> str:
    """The tables."""
    parts = []
    with stage() as on:
        for names in (50, 2000):
            found = measure(MEASURED, names, on.run)
            parts.append(f"{names:,} names. {how(found)}\n\n{table(HEADINGS, rows(found))}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(report())
