"""The change of a measure between baselines and a run, as a whole and row by row, with its certainty. Pure.

Everything is on the scale of natural logarithms, where a change in percent is the same anywhere. A row's value
in a run is taken to be the sum of four parts: what is the row's own, what all rows of the run have in common (a slower
machine that day), what this row has beside it, and chance within the run. The first is what is compared; the second
shows in how baselines as a whole differ, and there are only as many of those as there are baselines; the third and
fourth show in every row of every baseline. So a change as a whole and the change of one row against all others are two
questions, each with its own noise: the analysis of variance of a two-way layout (H. Scheffé, "The Analysis of
Variance", 1959, chapter 4), rows by runs.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from statistics import NormalDist, fmean, median

from locust_push.core.labels import RowKey
from locust_push.results.statistics.noise import BETWEEN_ROWS, RunNoise, Spread, middle_of, pooled, share_above
from locust_push.results.statistics.probability import chi_square_median, limit_of, t_limit, t_share_above

_FOUND = 0.9
"""How often a change is to be found with the requests that it takes."""

_MOST_BASELINES = 100
"""More baselines than this are not asked for."""

_CHANCE = NormalDist()

_CERTAIN = 10.0
"""Degrees of freedom that the variance within runs counts for, which is taken from the distributions alone."""

_LEFT_OUT = 4
"""Number of baselines from which on one may be left out."""

_ODD = 0.0001
"""Chance of leaving out a baseline that is like the others."""

_OUTER = 0.25
"""Share of the requests whose rows changed least, and of those whose rows changed most, that a change as a whole leaves
out: one broken endpoint is no slower service."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure of one row of one run.

    Attributes:
        log: Natural logarithm of its value.
        variance: How far that is off by chance within the run.
        requests: How many it was made of.
        clock: Variance between runs that every row of such a duration has, however many requests there are.
    """

    log: float
    variance: float
    requests: float
    clock: float = 0.0


Readings = Mapping[RowKey, Reading]
"""Of one run, by row."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A change, and how sure it is.

    Attributes:
        change: Of the logarithm.
        share_above: How likely chance alone makes it larger than something.
        margin: What chance alone exceeds in one direction with a probability, below a half.
        between: The part of its variance that more requests do not change.
        within: The part of its variance that becomes less with more requests.
    """

    change: float
    share_above: Callable[[float], float]
    margin: Callable[[float], float]
    between: float
    within: float

    def chance(self, direction: int) -> float:
        """Return the probability of such a change, or a larger one, in a direction (1 or -1), by chance alone."""
        return self.share_above(direction * self.change)

    def requests_needed(self, change: float, tail: float) -> float:
        """Return how many times as many requests it takes to find a change nine times in ten.

        Infinity where no number does, and where it is not the noise within runs that hides it.

        Args:
            change: Of the logarithm, without its sign.
            tail: As of :meth:`margin`.
        """
        error = change / (_CHANCE.inv_cdf(1 - tail) + _CHANCE.inv_cdf(_FOUND))
        possible = self.between < min(error**2, self.within)
        return self.within / (error**2 - self.between) if possible else math.inf

    def baselines_needed(self, change: float, tail: float, baselines: int) -> int:
        """Return how many baselines it takes to find a change nine times in ten; 0 where a hundred do not.

        By Student's t, whose limit is the smaller the more baselines show what the noise is.

        Args:
            change: Of the logarithm, without its sign.
            tail: As of :meth:`margin`.
            baselines: How many there are.
        """
        noise = math.sqrt((self.between + self.within) / (1 + 1 / baselines))
        enough = (
            count
            for count in range(baselines + 1, _MOST_BASELINES + 1)
            if (t_limit(tail, count - 1) + t_limit(1 - _FOUND, count - 1)) * noise * math.sqrt(1 + 1 / count) <= change
        )
        return next(enough, 0)


@dataclass(frozen=True, slots=True)
class RowChange:
    """The change of a row.

    Attributes:
        change: Of the logarithm, all in all.
        apart: The part by which the row differs from all others; None where there are no others, or where those are so
            noisy that they would hide it.
        whole: The part that all rows have in common; without others all of it.
    """

    change: float
    apart: Estimate | None
    whole: Estimate

    def margin(self, tail_whole: float, tail_apart: float) -> float:
        """Return how far the change is off by chance, but for both probabilities together."""
        return math.hypot(self.whole.margin(tail_whole), self.apart.margin(tail_apart) if self.apart else 0.0)

    def shown(self, direction: int, tail_whole: float, tail_apart: float) -> bool:
        """Whether the row changed in a direction (1 or -1): by itself, apart from the others, or with them, no less."""
        if direction * self.change <= 0:
            return False
        if direction * self.change > self.margin(tail_whole, tail_apart):
            return True
        if self.apart and self.apart.chance(direction) <= tail_apart:
            # Where all others changed the other way, to differ from them may be not to have changed at all.
            return self.whole.chance(-direction) > tail_whole
        less = self.apart is not None and self.apart.chance(-direction) <= tail_apart
        return not less and self.whole.chance(direction) <= tail_whole


@dataclass(frozen=True, slots=True)
class Changes:
    """The change of a measure.

    Attributes:
        whole: The part that all rows have in common.
        rows: Each of them.
        baselines: Number of baselines.
    """

    whole: Estimate
    rows: Mapping[RowKey, RowChange]
    baselines: int


def changes(run: Readings, baselines: Sequence[Readings]) -> Changes | None:
    """Return the change of a measure; None if no row is in the run and in a baseline.

    A baseline that is as far from all others as chance leads one in ten thousand times is left out, of four baselines
    one: it would hide every change.

    Args:
        run: Of the run.
        baselines: Of each of them.
    """
    kept = list(baselines)
    for _ in range(len(baselines) // _LEFT_OUT):
        odd = _odd_one(kept)
        if odd is None:
            break
        del kept[odd]
    layout = _layout(run, kept)
    return Changes(layout.whole, layout.by_row(), layout.count) if layout else None


def _odd_one(baselines: Sequence[Readings]) -> int | None:
    """Return which baseline is not like the others; None where all are alike."""
    places = range(len(baselines))
    found = [(place, _layout(baselines[place], [*baselines[:place], *baselines[place + 1 :]])) for place in places]
    chances = [(min(map(one.whole.chance, (1, -1))), place) for place, one in found if one]
    chance, place = min(chances, default=(1.0, 0))
    return place if chance <= _ODD / len(baselines) else None


def _layout(run: Readings, baselines: Sequence[Readings]) -> "_Layout | None":
    rows = {key: [one[key] for one in baselines if key in one] for key in run}
    rows = {key: before for key, before in rows.items() if before}
    return _Layout(run, rows, [one for one in baselines if not rows.keys().isdisjoint(one)]) if rows else None


class _Layout:
    """Rows by runs."""

    def __init__(self, run: Readings, rows: Mapping[RowKey, Sequence[Reading]], baselines: Sequence[Readings]) -> None:
        self._run = run
        self._rows = rows
        self.count = len(baselines)
        self._middles = {key: fmean(one.log for one in before) for key, before in rows.items()}
        self._deviations = [self._deviation_of(one) for one in (*baselines, run)]
        self._commons = [self._common(deviations) for deviations in self._deviations]
        self._within_before = {key: fmean(one.variance for one in before) for key, before in rows.items()}
        self.whole = self._whole()

    def _deviation_of(self, readings: Readings) -> Mapping[RowKey, float]:
        return {key: readings[key].log - middle for key, middle in self._middles.items() if key in readings}

    def _common(self, deviations: Mapping[RowKey, float]) -> float:
        return middle_mean([(deviation, self._run[key].requests) for key, deviation in deviations.items()])

    def _whole(self) -> Estimate:
        *before, change = self._commons
        within = self._within({key: self._run[key].variance for key in self._rows})
        return _against_runs(change, before, self._clock(), within, self._within(self._within_before))

    def _clock(self) -> float:
        """Return the variance that clocks and scheduling add to what all rows have in common: to all at once."""
        return middle_mean([(math.sqrt(self._run[key].clock), self._run[key].requests) for key in self._rows]) ** 2

    def _within(self, variances: Mapping[RowKey, float]) -> float:
        """Return the variance of the mean over rows that is due to chance within a run."""
        total = math.fsum(self._run[key].requests for key in variances)
        return math.fsum((self._run[key].requests / total) ** 2 * value for key, value in variances.items())

    def by_row(self) -> Mapping[RowKey, RowChange]:
        """Return the change of each row."""
        changes = self._deviations[-1]
        if len(self._rows) == 1:
            return {key: RowChange(change, None, self.whole) for key, change in changes.items()}
        noise = self._noise_of_rows()
        common = self._within({key: one.variance for key, one in noise.items()})
        hidden = {key for key, value in self._within_before.items() if common > value + self._run[key].clock}
        return {key: self._alone(key) if key in hidden else self._beside(key, noise[key]) for key in changes}

    def _alone(self, key: RowKey) -> RowChange:
        """Return the change of a row by what it alone did in the baselines."""
        before = [one[key] for one in self._deviations[:-1] if key in one]
        row = self._run[key]
        fixed = BETWEEN_ROWS**2 + row.clock
        change = self._deviations[-1][key]
        return RowChange(change, None, _against_runs(change, before, fixed, row.variance, self._within_before[key]))

    def _noise_of_rows(self) -> Mapping[RowKey, Spread]:
        """Return the variance of each row in a baseline, beside what all rows have in common."""
        within = self._within_before
        squares = {key: self._squares(key) for key in self._rows}
        scale, between = self._rows_noise(within, squares)
        expected = {key: between + scale * value + self._run[key].clock for key, value in within.items()}
        found = [squares[key] / (self._degrees * value) if self._degrees else 1.0 for key, value in expected.items()]
        spreads = zip(expected.items(), pooled(found, self.count - 1), strict=True)
        return {key: Spread(value * spread.variance, spread.freedom) for (key, value), spread in spreads}

    def _beside(self, key: RowKey, noise: Spread) -> RowChange:
        """Return the change of a row beside others.

        One of a run with fewer requests than its baselines have is more a matter of chance than those are.
        """
        within, within_before = self._run[key].variance, self._within_before[key]
        variance = noise.variance * (1 + 1 / self.count) + max(0.0, within - within_before)
        change, error = self._deviations[-1][key], math.sqrt(variance)
        shares, margin = (partial(of, error=error, freedom=noise.freedom) for of in (_t_share_above, _t_margin))
        by_chance = min(variance, within + within_before / self.count)
        apart = Estimate(change - self._commons[-1], shares, margin, variance - by_chance, by_chance)
        return RowChange(change, apart, self.whole)

    @property
    def _degrees(self) -> float:
        """Degrees of freedom of a row's deviations from what its runs have in common."""
        return (self.count - 1) * (1 - 1 / len(self._rows))

    def _squares(self, key: RowKey) -> float:
        sides = zip(self._deviations[:-1], self._commons[:-1], strict=True)
        return math.fsum((one[key] - common) ** 2 for one, common in sides if key in one)

    def _rows_noise(self, within: Mapping[RowKey, float], squares: Mapping[RowKey, float]) -> tuple[float, float]:
        """Return how many times as large as it was taken to be chance within runs is, and what rows have beside it.

        Where rows scatter less than by chance, that was taken to be too large; where more, there is something beside.
        By the row in the middle, so that noisy rows do not hide what others say.
        """
        if not self._degrees:
            return 1.0, BETWEEN_ROWS**2
        by_chance = {key: value + self._run[key].clock for key, value in within.items()}
        freedom = self._degrees * len(squares)
        typical = median(squares[key] / value for key, value in by_chance.items()) / chi_square_median(self._degrees)
        ratio = (freedom * typical + _CERTAIN) / (freedom + _CERTAIN)
        return min(1.0, ratio), max(BETWEEN_ROWS**2 / 4, (ratio - 1) * median(by_chance.values()))


def _against_runs(
    change: float, before: Sequence[float], fixed: float, within: float, within_before: float
) -> Estimate:
    """Return a change against baselines that differ from their mean by so much.

    Args:
        change: From the mean of the baselines.
        before: Of each baseline, from their mean.
        fixed: Variance between runs that there is in any case, whatever the baselines say.
        within: Variance by chance within the run.
        within_before: Variance by chance within a baseline.
    """
    more, spreads = 1 + 1 / len(before), RunNoise(before, within_before + fixed).spreads()
    by_chance = within + within_before / len(before)
    between = more * (fixed + middle_of(spreads))
    shares = partial(share_above, spreads=spreads, runs=len(before), within=by_chance + more * fixed)
    return Estimate(change, shares, cache(partial(limit_of, shares)), between, by_chance)


def _t_share_above(change: float, error: float, freedom: float) -> float:
    return t_share_above(change / error, freedom)


def _t_margin(tail: float, error: float, freedom: float) -> float:
    return t_limit(tail, freedom) * error


def middle_mean(values: Sequence[tuple[float, float]]) -> float:
    """Return the weighted mean of the middle half of values, given with their weights."""
    ordered = sorted(values)
    total, below, mean = math.fsum(weight for _, weight in ordered), 0.0, 0.0
    for value, weight in ordered:
        above = below + weight / total
        mean += value * max(0.0, min(above, 1 - _OUTER) - max(below, _OUTER))
        below = above
    return mean / (1 - 2 * _OUTER)
