"""Chooses the baselines of a run: named ones, or the newest good ones like it. Pure except for the source.

A good run is complete, made requests, was neither interrupted nor aborted, and met its own gate if it had one. With
other runs as baselines, a gate would accept failures as normal.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice

from locust_push.results.model import Run, RunResults
from locust_push.results.names import UnknownRunError
from locust_push.results.source import RunSource
from locust_push.results.sources.query_api import StoreError

_NEWEST = re.compile(r"latest:(?P<count>[1-9][0-9]{0,2})")

_NOTES = 5
"""Most skipped runs that are listed by name."""

Read = Callable[[str], RunResults]
"""Reads a run by its ID."""


@dataclass(frozen=True, slots=True)
class Baselines:
    """The baselines of a run.

    Attributes:
        runs: The runs found, newest first, or in the order in which they were named.
        problem: Why there are none; empty if there are some, or none are wanted.
        none_yet: Whether there are none because there was no good run yet, rather than because none can be read.
        notes: The skipped runs, a line each.
    """

    runs: tuple[RunResults, ...] = ()
    problem: str = ""
    none_yet: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BaselineChoice:
    """The baselines that a user wants.

    Attributes:
        wanted: Run IDs with commas between them, or ``latest:N``; empty for none.
        match: Labels that the runs of ``latest:N`` must have.
    """

    wanted: str = ""
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many of the newest runs are wanted; 0 if runs are named."""
        match = _NEWEST.fullmatch(self.wanted.strip())
        return int(match["count"]) if match else 0

    @property
    def names(self) -> list[str]:
        """The named runs."""
        return [] if self.count else [name.strip() for name in self.wanted.split(",") if name.strip()]


def held_against(
    source: AbstractContextManager[RunSource], run: Run, choice: BaselineChoice, own_metrics: Collection[str] = ()
) -> Baselines:
    """Return the result of :func:`read_baselines`; an error in reading becomes their ``problem``.

    Args:
        source: Where baselines are read.
        run: The run to judge; as much of the beginning is excluded from the baselines as from it.
        choice: The wanted baselines.
        own_metrics: Names of the locustfile's metrics that are judged.
    """
    try:
        with source as runs:
            return read_baselines(runs, run, choice, lambda name: runs.read(name, own_metrics, run.warmup))
    except (UnknownRunError, StoreError, OSError) as error:
        return Baselines((), f"the baseline cannot be read: {error}")


def read_baselines(source: RunSource, run: Run, choice: BaselineChoice, read: Read) -> Baselines:
    """Return the baselines that a user wants for ``run``; of ``latest:N`` there may be fewer.

    Raises:
        UnknownRunError: There is no run with a name.
        StoreError: The store does not answer.
    """
    if not choice.count:
        return _named(choice, read)
    notes: list[str] = []
    runs = tuple(islice(_good(source.before(run, choice.match), read, notes), choice.count))
    if runs:
        return Baselines(runs, notes=_shortened(notes))
    kind = "".join(f", {name}={value}" for name, value in choice.match.items())
    problem = f"there is no earlier good run with the same parameters{kind}"
    return Baselines((), problem, none_yet=True, notes=_shortened(notes))


def _named(choice: BaselineChoice, read: Read) -> Baselines:
    """Return the named runs; one that did not meet its own gate is included, with a note."""
    runs = tuple(read(name) for name in choice.names)
    bad = [f"{one.run.run_id} is no baseline: {why}" for one in runs if (why := _not_whole(one))]
    failed = tuple(f"{one.run.run_id} did not meet its own gate" for one in runs if one.run.gate_met is False)
    return Baselines((), "; ".join(bad)) if bad else Baselines(runs, notes=failed)


def _good(runs: Iterator[Run], read: Read, notes: list[str]) -> Iterator[RunResults]:
    for run in runs:
        results = None if _cut_off(run) or run.gate_met is False else read(run.run_id)
        why = _not_whole(results) if results else _cut_off(run) or "it did not meet its own gate"
        if results and not why:
            yield results
        else:
            notes.append(f"{run.run_id} was skipped as a baseline: {why}")


def _shortened(notes: Sequence[str]) -> tuple[str, ...]:
    more = len(notes) - _NOTES
    return (*notes[:_NOTES], f"and {more:,} more runs were skipped") if more > 0 else tuple(notes)


def _not_whole(results: RunResults) -> str:
    """Return why a run should not be a baseline; empty if it is good."""
    if why := _cut_off(results.run):
        return why
    if results.lost_workers:
        return "it lost workers"
    return "" if results.aggregated.requests else "it made no requests"


def _cut_off(run: Run) -> str:
    if run.end_time is None:
        return "it has no end"
    return f"it was {run.cut_short}" if run.cut_short else ""
