"""How likely chance is to exceed something: Student's t, Fisher's exact test, and limits of whatever falls. Pure."""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

from locust_push.results.binomial import regularised_beta

_HALVINGS = 50
_NORMAL_FROM = 1e6
"""Degrees of freedom from which Student's t is the normal distribution, within the precision of a double."""


def t_share_above(t: float, freedom: float) -> float:
    """Return the probability that a Student's t variable is larger than ``t``."""
    if freedom >= _NORMAL_FROM:
        return NormalDist().cdf(-t)
    tail = regularised_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
    return tail if t >= 0 else 1 - tail


@lru_cache(maxsize=1024)
def t_limit(tail: float, freedom: float) -> float:
    """Return what a Student's t variable exceeds with the probability ``tail``, below a half."""
    return limit_of(lambda t: t_share_above(t, freedom), tail)


def chi_square_median(freedom: float) -> float:
    """Return what a chi-square variable exceeds half of the time: the approximation of Wilson and Hilferty (1931)."""
    return freedom * (1 - 2 / (9 * freedom)) ** 3


def limit_of(share: Callable[[float], float], tail: float) -> float:
    """Return the value from 0 on that a variable exceeds with the probability ``tail``.

    Args:
        share: The probability to exceed a value, falling.
        tail: Below the probability to exceed 0.
    """
    high = 1.0
    while share(high) > tail:
        high *= 2
    return _bisect(lambda value: share(value) < tail, 0.0, high)


def more_hits_by_chance(hits: int, trials: int, hits_before: int, trials_before: int) -> float:
    """Return how likely as many hits or more are among ``trials``, if they are as likely there as before.

    Given the sum of hits: the upper tail of R. A. Fisher's exact test for a table of two by two. 1 where there are no
    more than are expected.
    """
    total, everything = hits + hits_before, trials + trials_before
    if hits * everything <= total * trials:
        return 1.0
    chance, all_ways = 0.0, _log_ways(everything, total)
    for hit in range(hits, min(total, trials) + 1):
        term = math.exp(_log_ways(trials, hit) + _log_ways(trials_before, total - hit) - all_ways)
        chance += term
        if term < 1e-9 * chance:
            break
    return min(1.0, chance)


def _log_ways(size: int, chosen: int) -> float:
    """Return the logarithm of the number of ways to choose."""
    if not 0 <= chosen <= size:
        return -math.inf
    return math.lgamma(size + 1) - math.lgamma(chosen + 1) - math.lgamma(size - chosen + 1)


def _bisect(beyond: Callable[[float], bool], low: float, high: float) -> float:
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return (low + high) / 2
