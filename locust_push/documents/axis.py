"""Axes of charts: positions of values between 0 and 1, and of ticks. Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass

Tick = tuple[float, str]
"""Value and text."""

_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
"""Usual seconds between ticks."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From ``low`` to ``high``, evenly or, where ``log``, by orders of magnitude."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Return the position of a value: 0 at ``low``, 1 at ``high``."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def count_axis(high: float) -> Axis:
    """Return an axis of numbers from 0."""
    return _linear(high, lambda value: f"{value:,g}" if value < 1_000_000 else f"{value / 1e6:g} M")


def percent_axis(high: float) -> Axis:
    """Return an axis of percentages from 0."""
    return _linear(high, lambda value: f"{value:g} %")


def change_axis(low: float, high: float) -> Axis:
    """Return an axis of changes in percent, that may be negative; 0 is on it."""
    low, high = min(low, 0.0), max(high, 1.0)
    step = _round_step((high - low) / 4)
    values = [step * number for number in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return Axis(values[0], values[-1], tuple((_tidy(value), f"{_tidy(value):+g} %") for value in values))


def seconds_axis(high: float) -> Axis:
    """Return an axis of durations from 0."""
    seconds = high >= 10
    return _linear(high, lambda value: f"{value:g} s" if seconds else f"{_tidy(1000 * value):,g} ms")


def elapsed_axis(high: float) -> Axis:
    """Return an axis of the time since a run's start; it ends with the run."""
    high = max(high, 1.0)
    step = next((step for step in _CLOCK_STEPS if high / step <= 7), math.ceil(high / 7 / 86400) * 86400)
    return Axis(0.0, high, tuple((at, clock(at)) for at in range(0, int(high) + 1, step)))


def log_seconds_axis(low: float, high: float) -> Axis:
    """Return an axis of durations by orders of magnitude; both ends above 0."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    leads = (1, 2, 5) if math.log10(high / low) < 3 else (1,)
    values = (_tidy(lead * 10.0**decade) for decade in decades for lead in leads)
    return Axis(low, high, tuple((value, _short(value)) for value in values if low <= value <= high), log=True)


def clock(seconds: float) -> str:
    """Return a length of time as a clock shows it, ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _short(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{_tidy(1000 * seconds):g} ms"


def _tidy(value: float) -> float:
    """Remove rounding errors of binary fractions."""
    return float(f"{value:.6g}")


def _linear(high: float, show: Callable[[float], str]) -> Axis:
    high = high if high > 0 and math.isfinite(high) else 1.0
    step = _round_step(high / 4)
    count = math.ceil(high / step - 1e-9)
    values = [_tidy(step * number) for number in range(count + 1)]
    return Axis(0.0, values[-1], tuple((value, show(value)) for value in values))


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that is not less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least * (1 - 1e-9))
