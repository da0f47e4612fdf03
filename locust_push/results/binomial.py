"""The uncertainty of a share of requests: the exact binomial interval of C. J. Clopper and E. S. Pearson. Pure.

"The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial", Biometrika 26 (1934). Its bounds are
quantiles of beta distributions, found here by bisection of the regularised incomplete beta function (DLMF 8.17).
"""

import math
from collections.abc import Callable

CONFIDENCE = 0.99
"""Confidence of an interval, both sides together."""

_STEPS = 60
"""Bisections of the interval 0 to 1; a double has no more digits."""

_MAX_TERMS = 100_000
_TINY = 1e-300


def binomial_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the bounds (0 to 1) between which the share behind ``hits`` of ``trials`` lies at a confidence."""
    tail = (1 - confidence) / 2
    lower = 0.0 if hits <= 0 else _root(lambda share: regularised_beta(share, hits, trials - hits + 1), tail)
    upper = 1.0 if hits >= trials else _root(lambda share: regularised_beta(share, hits + 1, trials - hits), 1 - tail)
    return lower, upper


def regularised_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for 0 ≤ x ≤ 1 and positive ``a`` and ``b``."""
    if x in {0.0, 1.0}:
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - regularised_beta(1 - x, b, a)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) / a / _continued_fraction(x, a, b)


def _root(function: Callable[[float], float], wanted: float) -> float:
    """Return the argument for which a function that grows from 0 to 1 between 0 and 1 has the value ``wanted``."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < wanted else (low, middle)
    return (low + high) / 2


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Return the denominator of DLMF 8.17.22, by the modified Lentz method."""
    value = c = 1.0
    d = 0.0
    for number in range(1, _MAX_TERMS):
        half, odd = divmod(number, 2)
        if odd:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        d = 1 / (1 + term * d or _TINY)
        c = 1 + term / c or _TINY
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
