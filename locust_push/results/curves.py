"""From the gauges of a run's master to the run over time. Pure."""

import math
from collections.abc import Iterable

from locust_push.core import metrics
from locust_push.results.model import Point, Run
from locust_push.results.samples import Curve

_AFTER_END = 1.0
"""Seconds after a run's end that still belong to it: its last snapshot is a little later than its end."""

_FIELDS = {
    metrics.CURRENT_USERS.name: "users",
    metrics.REQUESTS_PER_SECOND.name: "requests_per_second",
    metrics.FAILURES_PER_SECOND.name: "failures_per_second",
}
_PERCENTILES = {"50": "p50", "95": "p95", "99": "p99"}
_ALL = (*_FIELDS.values(), *_PERCENTILES.values())


def points(curves: Iterable[Curve], run: Run) -> tuple[Point, ...]:
    """Return the run tick by tick; a receiver that scrapes goes on after the run's end, and is not listened to."""
    ticks: dict[int, dict[str, float]] = {}
    for curve in curves:
        field = _field(curve)
        if field is not None:
            for time_ms, value in curve.samples:
                ticks.setdefault(time_ms, {})[field] = value
    start = run.start_time if run.start_time is not None else min(ticks, default=0) / 1000
    last = math.inf if run.end_time is None else run.end_time - start + _AFTER_END
    timed = ((time_ms / 1000 - start, values) for time_ms, values in sorted(ticks.items()))
    return tuple(_point(elapsed, values) for elapsed, values in timed if 0 <= elapsed <= last)


def _field(curve: Curve) -> str | None:
    return _FIELDS.get(curve.labels["__name__"]) or _PERCENTILES.get(curve.labels.get("percentile", ""))


def _point(elapsed: float, values: dict[str, float]) -> Point:
    return Point(elapsed, **{field: values.get(field, math.nan) for field in _ALL})
