"""A measure over many runs, and the runs after which it changed. Pure except for the source."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean

from locust_push.core.labels import TOTAL, RowKey
from locust_push.results.measures import SHIFT, Measure
from locust_push.results.model import Run, RunResults
from locust_push.results.source import RunSource
from locust_push.results.statistics.against import row_of
from locust_push.results.statistics.change_points import change_points
from locust_push.results.statistics.changes import middle_mean
from locust_push.results.statistics.readings import reading, readings


@dataclass(frozen=True, slots=True)
class TrendChange:
    """A change that lasted.

    Attributes:
        run: The first one after it.
        last_before: The last one before it.
        percent: How large it is.
        verdict: ``worse``, ``better``, or ``same`` if neither direction is bad.
        chance: Probability of such a change if the runs were in random order.
    """

    run: Run
    last_before: Run
    percent: float
    verdict: str
    chance: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A measure of one row, or of all requests together, over runs.

    Attributes:
        label: Method and name; ``Aggregated`` for all requests together.
        runs: Runs that have the measure, oldest first.
        percents: Its difference in each run, in percent, from the runs before the first change.
        changes: In order of time.
    """

    label: str
    runs: tuple[Run, ...]
    percents: tuple[float, ...]
    changes: tuple[TrendChange, ...]


def runs_of_trend(source: RunSource, newest: Run, count: int) -> list[RunResults]:
    """Return a run and those before it with the same parameters, at most ``last`` in total, oldest first.

    Runs that were cut short, have no end or made no requests are left out; runs whose gate was not met are included.
    """
    whole = (run for run in (newest, *islice(source.before(newest, {}), 4 * count)) if _is_whole(run))
    found = (source.read(run.run_id) for run in islice(whole, count))
    return [one for one in found if one.aggregated.requests][::-1]


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
    changes = [
        TrendChange(
            values[point.index][0],
            values[point.index - 1][0],
            100 * math.expm1(point.after - point.before),
            _verdict(measure, point.after - point.before),
            point.chance,
        )
        for point in points
    ]
    percents = tuple(100 * math.expm1(value - start) for value in logs)
    return Trend(" ".join(filter(None, key)), tuple(run for run, _ in values), percents, tuple(changes))


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
