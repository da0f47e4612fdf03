"""The run over time, from the gauges of its master and the requests counted over time. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from locust_push.core import metrics
from locust_push.results.model import Point, Run
from locust_push.results.samples import Curve, Findings

_FIELDS = {
    metrics.CURRENT_USERS.name: "users",
    metrics.REQUESTS_PER_SECOND.name: "requests_per_second",
    metrics.FAILURES_PER_SECOND.name: "failures_per_second",
}
_PERCENTILES = {"50": "p50", "95": "p95", "99": "p99"}
_ALL = (*_FIELDS.values(), *_PERCENTILES.values())

_LEAST = 0.5
"""Shortest time between two ticks for a rate, as a share of the usual one: the last tick of a run may come right after
another one."""

Ticks = dict[float, dict[str, float]]
"""Values by field, by seconds since the run's start, ascending."""


def points(findings: Findings, run: Run) -> tuple[Point, ...]:
    """Return the run tick by tick.

    Rates are the requests between two ticks divided by the time between them, if requests were counted: so their mean
        is that of the run. If only gauges are available, their rates look back over ten seconds.
    """
    start = _start(findings.curves, run)
    ticks = _ticks(findings.curves, start, math.inf if run.end_time is None else run.end_time - start)
    usual = _usual(list(ticks))
    for field, counted in _by_field(findings.counted, start, usual):
        for elapsed, rate in _rates(list(ticks), counted, _LEAST * usual):
            ticks[elapsed][field] = rate
    return tuple(_point(elapsed, values) for elapsed, values in ticks.items())


def _start(curves: Sequence[Curve], run: Run) -> float:
    if run.start_time is not None:
        return run.start_time
    return min((curve.samples[0][0] for curve in curves if curve.samples), default=0) / 1000


def _ticks(curves: Sequence[Curve], start: float, last: float) -> Ticks:
    """Return the values of the gauges at each tick.

    The last snapshot of a run is later than its end, by seconds if a master waited for its workers, and a scraping
    receiver reads it repeatedly. It is placed at the end.
    """
    ticks: dict[int, dict[str, float]] = {}
    for curve in curves:
        field = _FIELDS.get(curve.labels["__name__"]) or _PERCENTILES.get(curve.labels.get("percentile", ""))
        for time_ms, value in curve.samples if field else ():
            ticks.setdefault(time_ms, {})[str(field)] = value
    timed = {min(time_ms / 1000 - start, last): values for time_ms, values in sorted(ticks.items())}
    return {elapsed: values for elapsed, values in timed.items() if elapsed >= 0}


def _usual(ticks: Sequence[float]) -> float:
    """Return the usual seconds between two ticks; 0 without any."""
    return median([after - before for before, after in pairwise([0.0, *ticks])]) if ticks else 0.0


def _by_field(counted: Sequence[Curve], start: float, tick: float) -> Iterator[tuple[str, list["_Count"]]]:
    """Yield each rate with its counts."""
    if counted:
        yield "requests_per_second", [_Count(curve, start, tick) for curve in counted]
        failed = [curve for curve in counted if curve.labels.get("status") == "failure"]
        yield "failures_per_second", [_Count(curve, start, tick) for curve in failed]


def _rates(ticks: Sequence[float], counted: Sequence["_Count"], least: float) -> Iterator[tuple[float, float]]:
    """Yield the rate before each tick: since the previous tick, or an earlier one at least ``least`` seconds before."""
    bounds = [0.0, *ticks]
    for number, elapsed in enumerate(ticks):
        before = bounds[max(0, bisect_right(bounds, elapsed - least, 0, number + 1) - 1)]
        upto = math.inf if number == len(ticks) - 1 else elapsed
        if elapsed > before:
            yield elapsed, sum(count.at(upto) - count.at(before) for count in counted) / (elapsed - before)


class _Count:
    """A count over time that rises evenly between its samples, from 0 one tick before the first one."""

    def __init__(self, curve: Curve, start: float, tick: float) -> None:
        samples = [(time_ms / 1000 - start, value) for time_ms, value in curve.samples]
        later = [(elapsed, value) for elapsed, value in samples if elapsed > 0]
        zero = max(0.0, later[0][0] - tick) if later else 0.0
        self._times, self._values = zip((zero, 0.0), *later, strict=True)

    def at(self, elapsed: float) -> float:
        """Return the count at a number of seconds after the start."""
        number = bisect_left(self._times, elapsed)
        if number in {0, len(self._times)}:
            return float(self._values[min(number, len(self._times) - 1)])
        (low, high), (before, after) = self._times[number - 1 : number + 1], self._values[number - 1 : number + 1]
        return float(before + (after - before) * (elapsed - low) / (high - low))


def _point(elapsed: float, values: dict[str, float]) -> Point:
    return Point(elapsed, **{field: values.get(field, math.nan) for field in _ALL})
