"""Measuring alternatives side by side, and showing them as a Markdown table. The one place that looks at a clock."""

import gc
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter, thread_time
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds per operation of one alternative, a value per round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The typical round."""
        return median(self.rounds)

    @property
    def best(self) -> float:
        """The round that was disturbed least."""
        return min(self.rounds)

    @property
    def spread(self) -> float:
        """How far the middle half of the rounds lies apart, as a share of the median."""
        return spread(self.rounds)


def in_turns(alternatives: Iterable[str], measure: Callable[[str], T], rounds: int) -> dict[str, list[T]]:
    """Measure each alternative once per round, as :func:`compare` does, where that says more than a time."""
    found: dict[str, list[T]] = {name: [] for name in alternatives}
    for number in range(rounds):
        for name, values in found.items():
            show_progress(f"round {number + 1} of {rounds}: {name}")
            values.append(measure(name))
    show_progress("")
    return found


def show_progress(text: str) -> None:
    """Print the progress on the terminal, in one line."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def spread(values: Iterable[float]) -> float:
    """How far the middle half of the values lies apart, as a share of the median."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return (ordered[-1 - quarter] - ordered[quarter]) / median(ordered)


def compare(alternatives: Mapping[str, Callable[[], object]], operations: int, rounds: int) -> dict[str, Timing]:
    """Time each alternative once per round, so that whatever else the machine does hits all of them alike.

    Args:
        alternatives: Name -> work of one round, ``operations`` operations of it.
        operations: What a round's time is divided by.
        rounds: How many rounds count; one more goes before, to warm up.
    """
    seconds: dict[str, list[float]] = {name: [] for name in alternatives}
    for number in range(rounds + 1):
        for name, work in alternatives.items():
            show_progress(f"round {number} of {rounds}: {name}")
            gc.collect()
            start = perf_counter()
            work()
            seconds[name].append((perf_counter() - start) / operations)
    show_progress("")
    return {name: Timing(tuple(values[1:])) for name, values in seconds.items()}


def longest_step(steps: Iterable[object]) -> float:
    """Seconds of CPU time of the longest step of an iterator; waits for a busy machine are not its own."""
    gc.collect()
    longest, start = 0.0, thread_time()
    for _ in steps:
        longest = max(longest, thread_time() - start)
        start = thread_time()
    return longest


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    headings = list(headings)
    lines = [headings, ["---"] * len(headings), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
