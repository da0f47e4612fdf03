"""A measure over many runs, and the runs after which it changed. Pure except for the source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean

from locust_push.core.labels import TOTAL, RowKey
from locust_push.results.measures import SHIFT, Measure
from locust_push.results.model import Run, RunResults
from locust_push.results.source import RunSource
from locust_push.results.statistics.against import percent, row_of
from locust_push.results.statistics.change_points import ChangePoint, change_points
from locust_push.results.statistics.changes import middle_mean
from locust_push.results.statistics.readings import reading, readings

LAST = 50
"""Runs that are looked at, unless a user wants another number."""


@dataclass(frozen=True, slots=True)
class TrendChange:
    """A change that lasted.

    Attributes:
        run: The first one after it.
        last_before: The last one before it.
        percent: How large it is.
        low: The least that it may be, percent.
        high: The most, percent.
        level: How much larger the measure is from then on than in the first part of the runs, percent.
        verdict: ``worse``, ``better``, or ``same`` if neither direction is bad.
        chance: Probability of such a change if the runs were in random order.
    """

    run: Run
    last_before: Run
    percent: float
    low: float
    high: float
    level: float
    verdict: str
    chance: float

    @property
    def commit(self) -> str:
        """The first characters of the commit of the first run after it; empty where that is not known."""
        return self.run.info.get("git_commit", "")[:8]

    @property
    def named(self) -> str:
        """The first run after it, with its commit."""
        return f"{self.run.run_id} (commit {self.commit})" if self.commit else self.run.run_id


@dataclass(frozen=True, slots=True)
class Trend:
    """A measure of one row, or of all requests together, over runs.

    Attributes:
        key: Method and name, or :data:`~locust_push.core.labels.TOTAL`.
        runs: Runs that have the measure, oldest first.
        percents: Its difference in each run, in percent, from the runs before the first change.
        changes: In order of time.
    """

    key: RowKey
    runs: tuple[Run, ...]
    percents: tuple[float, ...]
    changes: tuple[TrendChange, ...]

    @property
    def label(self) -> str:
        """Method and name; ``Aggregated`` for all requests together."""
        return " ".join(filter(None, self.key))

    def rise(self, direction: int) -> tuple[float, TrendChange | None]:
        """Return how far the last part is above (``direction`` 1) the lowest, or below (-1) the highest before it.

        In percent, with the first change after that part; None where the last part itself is the lowest or highest.
        """
        levels = [0.0, *(change.level for change in self.changes)]
        best = min(range(len(levels)), key=lambda part: (direction * levels[part], -part))
        ratio = (100 + levels[-1]) / (100 + levels[best])
        return 100 * (ratio - 1), self.changes[best] if best < len(self.changes) else None


def runs_before(source: RunSource, newest: Run, match: Mapping[str, str], count: int) -> list[RunResults]:
    """Return the runs before one with its parameters and these labels, at most ``count``, oldest first.

    Runs that were cut short, have no end or made no requests are left out; runs whose gate was not met are included.
    """
    whole = (run for run in islice(source.before(newest, match), 4 * count) if _is_whole(run))
    found = (source.read(run.run_id, warmup=newest.warmup) for run in islice(whole, count))
    return [one for one in found if one.aggregated.requests][::-1]


def runs_of_trend(source: RunSource, newest: Run, count: int) -> list[RunResults]:
    """Return a run, if it is complete, and those before it, at most ``count``, oldest first."""
    last = [one] if _is_whole(newest) and (one := source.read(newest.run_id)).aggregated.requests else []
    return [*runs_before(source, newest, {}, count - len(last)), *last]


def _is_whole(run: Run) -> bool:
    return run.end_time is not None and not run.cut_short


def trend(runs: Sequence[RunResults], measure: Measure, key: RowKey, level: float) -> Trend:
    """Return a measure over runs.

    Args:
        runs: Oldest first.
        measure: The measure. The shift of all requests together is that of their rows, whatever the mix.
        key: Of the row, or :data:`~locust_push.core.labels.TOTAL`.
        level: Largest probability that a reported change is not one.
    """
    shift = measure is SHIFT and key == TOTAL
    values = list(_shifts(runs) if shift else _values(runs, measure, key))
    logs = [value for _, value in values]
    points = change_points(logs, level)
    start = points[0].before if points else fmean(logs) if logs else 0.0
    changes = [_change(values, point, start, measure) for point in points]
    percents = tuple(percent(value - start) for value in logs)
    return Trend(key, tuple(run for run, _ in values), percents, tuple(changes))


def _change(values: Sequence[tuple[Run, float]], point: ChangePoint, start: float, measure: Measure) -> TrendChange:
    size = point.after - point.before
    return TrendChange(
        run=values[point.index][0],
        last_before=values[point.index - 1][0],
        percent=percent(size),
        low=percent(point.low),
        high=percent(point.high),
        level=percent(point.after - start),
        verdict=_verdict(measure, size),
        chance=point.chance,
    )


def _verdict(measure: Measure, change: float) -> str:
    if measure.is_worse(change):
        return "worse"
    return "better" if measure.is_worse(-change) else "same"


def _values(runs: Sequence[RunResults], measure: Measure, key: RowKey) -> Iterator[tuple[Run, float]]:
    """Yield the logarithm of a measure of a row in each run that has it."""
    for one in runs:
        row = row_of(one, key)
        found = reading(row, measure) if row and row.requests >= measure.least else None
        if found:
            yield one.run, found.log


def _shifts(runs: Sequence[RunResults]) -> Iterator[tuple[Run, float]]:
    """Yield the median difference of the rows of each run from their values over all runs."""
    found = [(one.run, readings(one, SHIFT)) for one in runs]
    keys = {key for _, rows in found for key in rows}
    middles = {key: fmean(rows[key].log for _, rows in found if key in rows) for key in keys}
    for run, rows in found:
        if rows:
            yield run, middle_mean([(row.log - middles[key], row.requests) for key, row in rows.items()])
