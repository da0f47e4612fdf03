"""Change points: the runs of a series after which a measure changed. Pure.

The series is cut in two where both parts differ most, and each part again, as long as chance alone would hardly make
such a difference: as often as the values in any other order do (D. S. Matteson, N. A. James, "A nonparametric approach
for multiple change point analysis of multivariate data", JASA 109, 2014, whose way of cutting and of testing this is).
Parts are compared by the normal scores of ranks, so that neither a single wild run nor the shape of the
noise matters (A. N. Pettitt, "A non-parametric approach to the change-point problem", Applied Statistics 28, 1979).
Ranks also make what chance does the same for all series of a length, which is found out once.
"""

import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from statistics import NormalDist, fmean, median

_ORDERS, _MOST_ORDERS = 1999, 19_999
"""Orders of the values that are tried, and that are tried for the smallest levels."""

_SHORTEST = 3
"""Values that a part has at least: fewer cannot be distinguished from outliers."""


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A place where values changed.

    Attributes:
        index: Of the first value after it.
        before: Median of the values from the change point before to this one.
        after: Median of the values from here to the next one.
        chance: Share of other orders of the values in which any two parts differ as much.
        low: The least that the change may be, with a confidence of one minus the level.
        high: The most.
    """

    index: int
    before: float
    after: float
    chance: float
    low: float
    high: float


def change_points(values: Sequence[float], level: float = 0.01) -> tuple[ChangePoint, ...]:
    """Return the change points of a series, in order; the same values give the same result.

    Args:
        values: In the order of time.
        level: The largest chance of one that is none.
    """
    cuts = sorted(_cuts(values, 0, level))
    edges = [0, *(index for index, _ in cuts), len(values)]
    parts = [values[start:end] for start, end in pairwise(edges)]
    return tuple(
        ChangePoint(at, median(before), median(after), chance, *difference_interval(before, after, level))
        for (at, chance), (before, after) in zip(cuts, pairwise(parts), strict=True)
    )


def difference_interval(before: Sequence[float], after: Sequence[float], level: float) -> tuple[float, float]:
    """Return an interval of the difference of two parts that misses it with the probability ``level``.

    By the ordered differences of all pairs (J. L. Hodges, E. L. Lehmann, "Estimates of location based on rank tests",
    Ann. Math. Stat. 34, 1963), of which the normal approximation gives the number that is outside.
    """
    pairs = sorted(new - old for new in after for old in before)
    deviation = math.sqrt(len(pairs) * (len(before) + len(after) + 1) / 12)
    outside = max(0, math.floor(len(pairs) / 2 + NormalDist().inv_cdf(level / 2) * deviation))
    return pairs[outside], pairs[-1 - outside]


def _cuts(values: Sequence[float], offset: int, level: float) -> list[tuple[int, float]]:
    if len(values) < 2 * _SHORTEST:
        return []
    difference, at = _largest(normal_scores(values))
    chance = _chance(len(values), difference, min(_MOST_ORDERS, max(_ORDERS, math.ceil(10 / level))))
    if chance > level:
        return []
    return [*_cuts(values[:at], offset, level), (offset + at, chance), *_cuts(values[at:], offset + at, level)]


def normal_scores(values: Sequence[float]) -> list[float]:
    """Return what values of a normal distribution would be with the same ranks; equal ones share the mean of theirs."""
    normal, count = NormalDist(), len(values)
    scores: dict[float, list[float]] = {}
    for place, value in enumerate(sorted(values), 1):
        scores.setdefault(value, []).append(normal.inv_cdf((place - 0.375) / (count + 0.25)))
    return [fmean(scores[one]) for one in values]


def _largest(scores: Sequence[float]) -> tuple[float, int]:
    """Return by how much the two parts differ that differ most, and where the second one begins."""
    count = len(scores)
    sums = [*accumulate(scores)]
    places = range(_SHORTEST, count - _SHORTEST + 1)
    mean = sums[-1] / count
    return max((abs(sums[at - 1] - at * mean) / math.sqrt(at * (count - at)), at) for at in places)


def _chance(count: int, difference: float, orders: int) -> float:
    """Return how likely two parts of so many values differ as much by chance; of equal values less."""
    by_chance = _by_chance(count, orders)
    return (len(by_chance) - bisect_left(by_chance, difference - 1e-12) + 1) / (orders + 1)


@cache
def _by_chance(count: int, orders: int) -> list[float]:
    """Return by how much parts differ in so many orders of as many values, ascending."""
    source = random.Random(count)  # noqa: S311  # no secret
    scores, found = normal_scores(range(count)), []
    for _ in range(orders):
        source.shuffle(scores)
        found.append(_largest(scores)[0])
    return sorted(found)
