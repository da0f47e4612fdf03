"""How far apart runs lie without any change: what is known beforehand, and what baselines add to it. Pure.

Of whole runs there are only as many as there are baselines, so that what is taken to be so before any of them was seen
matters: :data:`BETWEEN_RUNS`, a distribution over standard deviations. Baselines weight it by how likely they make each
of them (A. Gelman, "Prior distributions for variance parameters in hierarchical models", Bayesian Analysis 1, 2006);
with ten of them it no longer matters. Of rows there are many, and they lend each other what they know of their noise,
the more the less they differ: the moderated t-statistic (G. K. Smyth, "Linear models and empirical Bayes methods",
Stat. Appl. Genet. Mol. Biol. 3, 2004).
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist, fmean, variance

BETWEEN_RUNS = NormalDist(math.log(0.0125), 0.7)
"""The logarithm of the standard deviation, itself of logarithms, by which whole runs of the same load differ beyond
chance within them: 1.25 %, and between 0.4 and 4 % in nine of ten places. docs/comparing.md has measurements."""

BETWEEN_ROWS = 0.005
"""The same of a row against the other rows of its run, without information from baselines."""

CLOCK = 0.0001
"""Seconds by which response times differ between runs whatever they are: what scheduling and clocks add. It is nothing
to a row of 40 ms, and a fifth of a row of half a millisecond, whose noise says nothing of the other rows."""

_PLACES = [0.15 * step for step in range(-20, 43)]
"""Where standard deviations are tried, in those of :data:`BETWEEN_RUNS`: from 0.2 % to 123 %."""

_ELSEWHERE = 0.003
"""Chance that a place is not like those that were measured: then any standard deviation is as likely as any other."""

_FEWEST, _MOST = 2.0, 100.0
"""Degrees of freedom that rows may share; the maximum is also used without information."""

_CHANCE = NormalDist()


@dataclass(frozen=True, slots=True)
class RunNoise:
    """What baselines say of the noise between runs.

    Attributes:
        deviations: Of each baseline from their mean.
        within: Variance of each of them by chance within the run.
    """

    deviations: Sequence[float]
    within: float

    def spreads(self) -> list[tuple[float, float]]:
        """Return variances between runs, and how likely each is; the likelihoods add up to 1."""
        variances = [math.exp(2 * (BETWEEN_RUNS.mean + BETWEEN_RUNS.stdev * at)) for at in _PLACES]
        beforehand = [(1 - _ELSEWHERE) * _CHANCE.pdf(at) + _ELSEWHERE / (_PLACES[-1] - _PLACES[0]) for at in _PLACES]
        weights = [self._likelihood(one) * weight for one, weight in zip(variances, beforehand, strict=True)]
        total = math.fsum(weights)
        return [(one, weight / total) for one, weight in zip(variances, weights, strict=True)]

    def _likelihood(self, between: float) -> float:
        """Of the deviations, up to a factor; relative to where they are as large as they are expected to be."""
        freedom, expected = len(self.deviations) - 1, between + self.within
        if not freedom:
            return 1.0
        ratio = math.fsum(one * one for one in self.deviations) / (freedom * expected)
        return math.exp(0.5 * freedom * (math.log(ratio) + 1 - ratio)) if ratio else expected ** (-freedom / 2)


def middle_of(spreads: Sequence[tuple[float, float]]) -> float:
    """Return the variance that is as likely to be exceeded as not, of what :meth:`RunNoise.spreads` returns."""
    likely = list(accumulate(weight for _, weight in spreads))
    return spreads[bisect_left(likely, likely[-1] / 2)][0]


def share_above(change: float, spreads: Sequence[tuple[float, float]], runs: int, within: float) -> float:
    """Return the probability that a run differs by more from the mean of a number of runs, by chance alone.

    Args:
        change: By how much.
        spreads: As :meth:`RunNoise.spreads` returns them.
        runs: How many the mean is of.
        within: Variance of the difference by chance within runs.
    """
    parts = (
        weight * _CHANCE.cdf(-change / math.sqrt(between * (1 + 1 / runs) + within)) for between, weight in spreads
    )
    return math.fsum(parts)


@dataclass(frozen=True, slots=True)
class Spread:
    """A variance, and how well it is known, in degrees of freedom."""

    variance: float
    freedom: float


def pooled(ratios: Sequence[float], degrees: int) -> tuple[Spread, ...]:
    """Return for each row the variance, as a multiple of what was expected, that its own ratio and all others suggest.

    Args:
        ratios: Of each row: the variance that was found, over the one that was expected.
        degrees: Degrees of freedom of each ratio; with 0 nothing was found.
    """
    if not degrees:
        return tuple(Spread(1.0, _MOST) for _ in ratios)
    shared = _shared_freedom(ratios, degrees)
    total = shared + degrees
    return tuple(Spread((shared + degrees * ratio) / total, total) for ratio in ratios)


def _shared_freedom(ratios: Sequence[float], degrees: int) -> float:
    """Return the freedom of the prior under which logarithms of ratios scatter as much as these do."""
    logs = [math.log(ratio) for ratio in ratios if ratio > 0]
    if len(logs) < 3:
        return _FEWEST
    excess = variance(logs, fmean(logs)) - trigamma(degrees / 2)
    return _MOST if excess <= trigamma(_MOST / 2) else max(_FEWEST, 2 * _inverse_trigamma(excess))


def trigamma(x: float) -> float:
    """Return the second derivative of the logarithm of the gamma function, for ``x`` > 0."""
    total = 0.0
    while x < 8:
        total += 1 / (x * x)
        x += 1
    square = 1 / (x * x)
    return total + 1 / x + square / 2 + square / x * (1 / 6 - square * (1 / 30 - square / 42))


def _inverse_trigamma(value: float) -> float:
    low, high = 1e-3, 1e3
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if trigamma(middle) > value else (low, middle)
    return low
