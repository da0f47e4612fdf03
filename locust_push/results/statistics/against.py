"""A run compared with baselines: for each measure and row, whether a change is shown, its size and interval. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from locust_push.core.labels import TOTAL, RowKey
from locust_push.results.measures import SHIFT, Measure
from locust_push.results.model import ResultRow, RunResults
from locust_push.results.statistics.blocks import noise_factor
from locust_push.results.statistics.changes import Changes, Estimate, RowChange, changes
from locust_push.results.statistics.failures import failures_by_chance
from locust_push.results.statistics.readings import reading, readings

FAILURE_MEASURES = ("error_rate", "failures")
"""Measures of failed requests, which are judged by counts."""


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change, with its certainty.

    Attributes:
        percent: How large it is, as far as it is known; NaN where there was nothing before.
        low: Lower bound of its interval, percent.
        high: Upper bound of its interval, percent.
        direction: 1 where it is shown to have grown, -1 where it is shown to have become less, 0 where neither is.
        apart: Whether the row is shown to have changed against the other rows of its run, rather than with them.
        baselines: Number of baselines.
    """

    percent: float
    low: float
    high: float
    direction: int
    baselines: int
    apart: bool = False


class Against:
    """A run and its baselines."""

    def __init__(self, run: RunResults, baselines: Sequence[RunResults]) -> None:
        """Compare ``run`` with ``baselines``, at least one."""
        self.run = run
        self.baselines = baselines
        self.change = cache(self._change)
        self.changes = cache(self._changes)
        self._total = cache(self._total_change)

    @cached_property
    def _factors(self) -> list[float]:
        return [noise_factor(one) for one in (self.run, *self.baselines)]

    def _changes(self, measure: Measure) -> Changes | None:
        """Return the change of a measure in all rows."""
        run, *before = (
            readings(one, measure, factor)
            for one, factor in zip((self.run, *self.baselines), self._factors, strict=True)
        )
        return changes(run, before)

    def _total_change(self, measure: Measure) -> Changes | None:
        found = [
            reading(one.aggregated, measure, factor)
            for one, factor in zip((self.run, *self.baselines), self._factors, strict=True)
        ]
        run, *before = ({TOTAL: one} if one else {} for one in found)
        return changes(run, before)

    def _change(self, measure: Measure, key: RowKey, tail: float, among: int = 1) -> ShownChange | None:
        """Return the change of a measure of a row, or of all requests together; None if a side has none.

        All requests together shift as their rows do, so that another mix of requests is no shift.

        Args:
            measure: Of :mod:`locust_push.results.measures`.
            key: Of the row, or :data:`TOTAL`.
            tail: Probability of a false alarm in one direction, for all rows that are judged alike.
            among: How many rows those are.
        """
        if measure.name in FAILURE_MEASURES:
            return self._failures(measure, key, tail / among)
        if key == TOTAL:
            found = self.changes(measure) if measure.name == SHIFT.name else self._total(measure)
            return _shown(found, _alone(found), tail, tail) if found else None
        found = self.changes(measure)
        row = found.rows.get(key) if found else None
        if found is None or row is None:
            return None
        return _shown(found, row, *_tails(row, tail, among))

    def single(self, measure: Measure, row: ResultRow, before: Sequence[ResultRow], tail: float) -> ShownChange | None:
        """Return the change of a single row; None if a side does not have the measure."""
        run, *others = (reading(one, measure) for one in (row, *before))
        found = changes({TOTAL: run} if run else {}, [{TOTAL: one} for one in others if one])
        return _shown(found, _alone(found), tail, tail) if found else None

    def smallest(self, measure: Measure, tail: float) -> float:
        """Return the percent from which on a change of all rows is shown; NaN where there are none in common."""
        found = self.changes(measure)
        return percent(found.whole.margin(tail)) if found else math.nan

    def times_requests(self, measure: Measure, key: RowKey, change: float, tail: float, among: int) -> float:
        """Return how many times as many requests it takes to find a change; NaN where that is unknown.

        Args:
            measure: As of :meth:`change`.
            key: The same.
            change: Percent, above -100.
            tail: As of :meth:`change`.
            among: The same.
        """
        estimate, part, _ = self._estimate(measure, key, tail, among)
        return estimate.requests_needed(abs(math.log1p(change / 100)), part) if estimate else math.nan

    def baselines_needed(self, measure: Measure, key: RowKey, change: float, tail: float, among: int) -> int:
        """Return how many baselines as noisy as these it takes to find a change; 0 if no number does.

        Its arguments are those of :meth:`times_requests`.
        """
        estimate, part, count = self._estimate(measure, key, tail, among)
        return estimate.baselines_needed(abs(math.log1p(change / 100)), part, count) if estimate else 0

    def _estimate(self, measure: Measure, key: RowKey, tail: float, among: int) -> tuple[Estimate | None, float, int]:
        """Return what decides whether a change is found, at which tail, and by how many baselines."""
        found = self._total(measure) if key == TOTAL and measure.name != SHIFT.name else self.changes(measure)
        if found is None or measure.name in FAILURE_MEASURES:
            return None, tail, 0
        row = found.rows.get(key, _alone(found)) if key != TOTAL else _alone(found)
        return row.apart or row.whole, _tails(row, tail, among)[1], found.baselines

    def _failures(self, measure: Measure, key: RowKey, tail: float) -> ShownChange | None:
        row, before = row_of(self.run, key), [one for one in (row_of(base, key) for base in self.baselines) if one]
        before = [one for one in before if one.requests]
        if row is None or not row.requests or not before:
            return None
        direction = next((one for one in (1, -1) if failures_by_chance(row, before, one) <= tail), 0)
        was = math.fsum(map(measure.read, before)) / len(before)
        change = 100 * (measure.read(row) / was - 1) if was else math.nan
        return ShownChange(change, math.nan, math.nan, direction, len(before))


def _tails(row: RowChange, tail: float, among: int) -> tuple[float, float]:
    """Return the chance of a false alarm of a row together with all others, and by itself.

    Half of it is for the first, so that what slows down all rows is found in all of them; the rest for so many rows.
    """
    return (tail / 2, tail / 2 / among) if row.apart else (tail / among, tail / among)


def _alone(found: Changes) -> RowChange:
    """Return all rows together as a row that has no others beside it."""
    return RowChange(found.whole.change, None, found.whole)


def _shown(found: Changes, row: RowChange, tail_whole: float, tail_apart: float) -> ShownChange:
    direction = next((one for one in (1, -1) if row.shown(one, tail_whole, tail_apart)), 0)
    margin = row.margin(tail_whole, tail_apart)
    low, middle, high = (percent(row.change + side * margin) for side in (-1, 0, 1))
    apart = bool(direction) and row.whole.chance(direction) > tail_whole
    return ShownChange(middle, low, high, direction, found.baselines, apart)


def row_of(summary: RunResults, key: RowKey) -> ResultRow | None:
    """Return a row of a run, or all requests together; None where the run does not have it."""
    return next((row for row in (*summary.rows, summary.aggregated) if (row.method, row.name) == key), None)


def percent(log: float) -> float:
    """Return the change in percent that a change of the logarithm is."""
    return 100 * math.expm1(log)
