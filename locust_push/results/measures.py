"""The measures by which runs are compared and judged, with unit, direction and requirements. Pure.

A measure has its own rule of how many requests are too few (:attr:`Measure.least`): a percentile needs requests beyond
it, a mean needs some, while counts, rates and shares of failures are valid for any number.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from locust_push.results.model import PERCENTILE_SHARES, RESPONSE_TIMES, Bucket, PrecisionSource, ResultRow
from locust_push.results.quantile import bucket_of, classic_quantile
from locust_push.results.statistics.distribution import typical_seconds

BEYOND = 5
"""Requests that a percentile needs on its far side: with fewer it is not much different from the slowest request."""

MEAN_LEAST = 20
"""Requests that a mean needs."""

_PERCENTILE = re.compile(r"p(?P<percentile>[0-9]{1,2}(?:\.[0-9]{1,4})?)")
_COARSE = 1.1
"""Ratio of the bounds of a bucket above which a percentile in it is too uncertain to be one number."""


class Unit(StrEnum):
    """The unit of a measure."""

    SECONDS = "seconds"
    PERCENT = "percent"
    COUNT = "count"


class Worse(StrEnum):
    """The direction of a change for the worse."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a row.

    Attributes:
        name: As in a gate expression, ``p95``.
        unit: Unit of its values.
        worse: The direction that is bad.
        read: Reads it from a row; NaN if the row has none.
        least: Requests below which it is too uncertain to be judged; 0 if it can be judged with any number.
        floor: The smallest change from the baseline that counts, if an expression has no floor.
        share: For a percentile, the share of requests (0 to 1) that are no slower; None for other measures.
    """

    name: str
    unit: Unit
    worse: Worse
    read: Callable[[ResultRow], float]
    least: int = 0
    floor: float = 0.0
    share: float | None = None

    @property
    def symbol(self) -> str:
        """The unit that :meth:`number` is in: times are read in milliseconds."""
        return {Unit.SECONDS: "ms", Unit.PERCENT: "%", Unit.COUNT: ""}[self.unit]

    def number(self, value: float) -> str:
        """Return a value for reading, without its unit: at least two digits, of times at least three from 10 ms on."""
        if math.isnan(value):
            return "-"
        shown = self._scaled(value)
        time = self.unit is Unit.SECONDS
        whole = abs(shown) >= (99.95 if time else 9.95) or (not time and shown == int(shown))
        return f"{shown:,.{0 if whole else 1 if abs(shown) >= 0.995 else 2}f}"

    def show(self, value: float, beside: float = math.nan) -> str:
        """Return a value with its unit, with enough digits to distinguish it from ``beside``."""
        if math.isnan(value):
            return "-"
        return f"{self._apart(value, beside)} {self.symbol}".strip()

    def is_worse(self, change: float) -> bool:
        """Whether a change of this sign is for the worse."""
        return (change > 0 and self.worse is Worse.UP) or (change < 0 and self.worse is Worse.DOWN)

    def coarse(self, row: ResultRow) -> Bucket | None:
        """Return the bucket that a percentile lies in, if it is not known more precisely; otherwise None."""
        exact = self.name in row.response_times and row.precision.source is not PrecisionSource.CLASSIC
        bucket = None if exact or self.share is None else bucket_of(self.share, row.histogram)
        narrow = bucket is None or (bucket.lower > 0 and bucket.upper / bucket.lower <= _COARSE)
        return None if narrow else bucket

    def _scaled(self, value: float) -> float:
        return 1000 * value if self.unit is Unit.SECONDS else value

    def _apart(self, value: float, beside: float) -> str:
        text = self.number(value)
        if math.isnan(beside) or value == beside or text != self.number(beside):
            return text
        shown, other = self._scaled(value), self._scaled(beside)
        pairs = ((f"{shown:,.{digits}f}", f"{other:,.{digits}f}") for digits in range(1, 10))
        return next((one for one, two in pairs if one != two), text)


def measure_of(name: str) -> Measure | None:
    """Return the measure with a name, including any percentile such as ``p99.99``; None if there is none."""
    match = _PERCENTILE.fullmatch(name)
    if match is None or name in MEASURES:
        return SHIFT if name == SHIFT.name else MEASURES.get(name)
    share = float(f"{match['percentile']}e-2")
    return _percentile(name, share) if 0 < share < 1 else None


def _percentile(name: str, share: float) -> Measure:
    def read(row: ResultRow) -> float:
        found = row.response_times.get(name, math.nan)
        known = name in row.response_times or not row.response_times
        return found if known else classic_quantile(share, row.histogram)

    least = math.ceil(round(BEYOND / min(share, 1 - share), 6))
    return Measure(name, Unit.SECONDS, Worse.UP, read, least, share=share)


def _time(name: str) -> Measure:
    if _PERCENTILE.fullmatch(name):
        return _percentile(name, PERCENTILE_SHARES[name])
    least = MEAN_LEAST if name == "avg" else 0
    return Measure(name, Unit.SECONDS, Worse.UP, lambda row: row.response_times.get(name, math.nan), least)


SHIFT = Measure("shift", Unit.SECONDS, Worse.UP, typical_seconds, MEAN_LEAST)
"""How much slower a row is as a whole: its value is the location of the distribution, of which only changes matter."""

MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        *map(_time, RESPONSE_TIMES),
        Measure("rps", Unit.COUNT, Worse.DOWN, lambda row: row.requests_per_second),
        Measure("requests", Unit.COUNT, Worse.DOWN, lambda row: float(row.requests)),
        Measure("failures", Unit.COUNT, Worse.UP, lambda row: float(row.failures), floor=5.0),
        Measure("error_rate", Unit.PERCENT, Worse.UP, lambda row: row.failure_percent, floor=0.5),
    )
}
"""The measures that tables and documents show, by name."""
