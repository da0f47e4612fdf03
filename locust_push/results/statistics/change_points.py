"""Change points: the runs of a series after which a measure changed. Pure.

The series is cut in two where both parts differ most, and each part again, as long as chance alone would hardly make
such a difference: as often as the values in any other order do (D. S. Matteson, N. A. James, "A nonparametric approach
for multiple change point analysis of multivariate data", JASA 109, 2014, whose way of cutting and of testing this is).
Parts are compared by the normal scores of ranks, so that neither a single wild run nor the shape of the
noise matters (A. N. Pettitt, "A non-parametric approach to the change-point problem", Applied Statistics 28, 1979).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import NormalDist, median

_ORDERS = 1999
"""Other orders of the values that are tried."""

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
    """

    index: int
    before: float
    after: float
    chance: float


def change_points(values: Sequence[float], level: float = 0.01, seed: int = 0) -> tuple[ChangePoint, ...]:
    """Return the change points of a series, in order.

    Args:
        values: In the order of time.
        level: The largest chance of one that is none.
        seed: Of the orders that are tried, so that the same values give the same result.
    """
    cuts = sorted(_cuts(values, 0, level, random.Random(seed)))  # noqa: S311  # no secret
    edges = [0, *(index for index, _ in cuts), len(values)]
    parts = [median(values[start:end]) for start, end in pairwise(edges)] if values else []
    return tuple(ChangePoint(at, parts[n], parts[n + 1], chance) for n, (at, chance) in enumerate(cuts))


def _cuts(values: Sequence[float], offset: int, level: float, source: random.Random) -> list[tuple[int, float]]:
    if len(values) < 2 * _SHORTEST:
        return []
    scores = normal_scores(values)
    difference, at = _largest(scores)
    chance = _chance(scores, difference, source)
    if chance > level:
        return []
    left, right = values[:at], values[at:]
    cut = (offset + at, chance)
    return [*_cuts(left, offset, level, source), cut, *_cuts(right, offset + at, level, source)]


def normal_scores(values: Sequence[float]) -> list[float]:
    """Return what values of a normal distribution with the same ranks would be; equal values share a rank."""
    ordered = sorted(values)
    places: dict[float, list[int]] = {}
    for place, value in enumerate(ordered, 1):
        places.setdefault(value, []).append(place)
    normal, count = NormalDist(), len(values)
    return [normal.inv_cdf((sum(places[one]) / len(places[one]) - 0.375) / (count + 0.25)) for one in values]


def _largest(scores: Sequence[float]) -> tuple[float, int]:
    """Return by how much the two parts differ that differ most, and where the second one begins."""
    count = len(scores)
    sums = [*accumulate(scores)]
    places = range(_SHORTEST, count - _SHORTEST + 1)
    mean = sums[-1] / count
    return max((abs(sums[at - 1] - at * mean) / math.sqrt(at * (count - at)), at) for at in places)


def _chance(scores: Sequence[float], difference: float, source: random.Random) -> float:
    shuffled, as_large = list(scores), 0
    for _ in range(_ORDERS):
        source.shuffle(shuffled)
        as_large += _largest(shuffled)[0] >= difference - 1e-12
    return (as_large + 1) / (_ORDERS + 1)
