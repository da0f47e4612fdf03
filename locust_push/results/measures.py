"""What runs are compared and judged by: each measure with its unit and its direction. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from locust_push.results.model import RESPONSE_TIMES, ResultRow


class Unit(StrEnum):
    """What the numbers of a measure are."""

    SECONDS = "seconds"
    PERCENT = "percent"
    COUNT = "count"


class Worse(StrEnum):
    """Which direction is a change for the worse."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a row.

    Attributes:
        name: As in a gate expression, ``p95``.
        unit: Of its numbers.
        worse: The direction that is bad.
        read: Takes it from a row; NaN where the row has none.
        estimated: Whether it is an estimate that a few requests do not support; a count of requests is none.
    """

    name: str
    unit: Unit
    worse: Worse
    read: Callable[[ResultRow], float]
    estimated: bool = True

    @property
    def symbol(self) -> str:
        """The unit that :meth:`number` is in: times are read in milliseconds."""
        return {Unit.SECONDS: "ms", Unit.PERCENT: "%", Unit.COUNT: ""}[self.unit]

    def number(self, value: float) -> str:
        """Return a value for reading, without its unit: at least two digits."""
        if math.isnan(value):
            return "-"
        shown = 1000 * value if self.unit is Unit.SECONDS else value
        whole = abs(shown) >= 9.95 or (self.unit is not Unit.SECONDS and shown == int(shown))
        return f"{shown:,.{0 if whole else 1 if abs(shown) >= 0.995 else 2}f}"

    def show(self, value: float) -> str:
        """Return a value for reading, with its unit."""
        return f"{self.number(value)} {self.symbol}".strip() if not math.isnan(value) else "-"

    def is_worse(self, change: float) -> bool:
        """Whether a change of this sign is for the worse."""
        return (change > 0 and self.worse is Worse.UP) or (change < 0 and self.worse is Worse.DOWN)


def _time(key: str) -> Measure:
    return Measure(key, Unit.SECONDS, Worse.UP, lambda row: row.response_times.get(key, math.nan))


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        *map(_time, RESPONSE_TIMES),
        Measure("rps", Unit.COUNT, Worse.DOWN, lambda row: row.requests_per_second),
        Measure("requests", Unit.COUNT, Worse.DOWN, lambda row: float(row.requests), estimated=False),
        Measure("failures", Unit.COUNT, Worse.UP, lambda row: float(row.failures)),
        Measure("error_rate", Unit.PERCENT, Worse.UP, lambda row: row.failure_percent),
    )
}
"""All measures, by name."""
