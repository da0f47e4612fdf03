"""The charts of a report and their contents: lines, markers, axes, and the text for a point. Pure.

A baseline is drawn dashed on the same axis of elapsed time.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from locust_push.documents import distribution
from locust_push.documents.axis import (
    Axis,
    clock,
    count_axis,
    elapsed_axis,
    log_seconds_axis,
    percent_axis,
    seconds_axis,
)
from locust_push.documents.content import Report
from locust_push.results.measures import MEASURES
from locust_push.results.model import Point, ResultRow, RunResults

MAX_HOVERS = 120
"""Most positions of a chart that show their values on hover: each takes some hundred bytes."""

_LEAST_USERS = 3
"""Number of different user counts from which on the chart against users is shown."""

Show = Callable[[float], str]

_milliseconds: Show = MEASURES["p50"].show


@dataclass(frozen=True, slots=True)
class Line:
    """A line; NaN in it is a gap.

    Attributes:
        name: For the legend.
        colour: Of :data:`COLOURS`.
        points: x and y, in the units of the axes, ascending in x.
        dashed: Whether it is the baseline's.
        filled: Whether the area below it is shaded.
        dots: Whether its points are not joined.
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False
    filled: bool = False
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """The range of several baselines.

    Attributes:
        colour: Of :data:`COLOURS`.
        points: x, lowest and highest y, ascending in x.
    """

    colour: str
    points: Sequence[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment, or a value on the horizontal axis, that has a name."""

    at: float
    name: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Hover:
    """The text for a part of the horizontal axis."""

    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart; without lines there is nothing to draw.

    Attributes:
        over_time: Whether x is the time since the run's start: such charts have one cursor, and are zoomed together.
    """

    title: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    markers: tuple[Marker, ...] = ()
    hovers: tuple[Hover, ...] = ()
    bands: tuple[Band, ...] = ()
    over_time: bool = False


@dataclass(frozen=True, slots=True)
class _Curve:
    """A line over time: its name, its colour, and its value at a point."""

    name: str
    colour: str
    read: Callable[[Point], float]


def _measured(point: Point, seconds: float) -> float:
    """Return a percentile, or NaN without requests, for which Locust reports 0."""
    return seconds if seconds > 0 or point.requests_per_second > 0 else math.nan


COLOURS = {
    "users": "#3f7fd6",
    "requests": "#178f6a",
    "failures": "#d64550",
    "p50": "#178fa8",
    "p95": "#cf7316",
    "p99": "#9a58c4",
}
"""Legible on white and on near black, so that they work if a page's style sheet is refused."""

_CHARTS: tuple[tuple[str, Callable[[float], Axis], Show, tuple[_Curve, ...]], ...] = (
    (
        "Throughput",
        count_axis,
        lambda value: f"{value:,.1f}",
        (
            _Curve("requests/s", COLOURS["requests"], lambda point: point.requests_per_second),
            _Curve("failures/s", COLOURS["failures"], lambda point: point.failures_per_second),
        ),
    ),
    (
        "Users",
        count_axis,
        lambda value: f"{value:,.0f}",
        (_Curve("users", COLOURS["users"], lambda point: point.users),),
    ),
    (
        "Response times",
        seconds_axis,
        _milliseconds,
        (
            _Curve("p50", COLOURS["p50"], lambda point: _measured(point, point.p50)),
            _Curve("p95", COLOURS["p95"], lambda point: _measured(point, point.p95)),
            _Curve("p99", COLOURS["p99"], lambda point: _measured(point, point.p99)),
        ),
    ),
)


def charts(report: Report) -> tuple[Chart, ...]:
    """Return all charts, in the order of the page."""
    over_time = (_over_time(report, title, axis, show, curves) for title, axis, show, curves in _CHARTS)
    by_users = _by_users(report)
    return *over_time, _distribution(report), *([by_users] if by_users else ())


def _over_time(
    report: Report, title: str, axis: Callable[[float], Axis], show: Show, curves: Sequence[_Curve]
) -> Chart:
    sides = [(side.series, side is report.baseline) for side in (report.baseline, report.run) if side and side.series]
    points = [point for series, _ in sides for point in series]
    lines = [_line(curve, series, dashed=before) for series, before in sides for curve in curves]
    bands = tuple(_bands(report, curves))
    tops = [y for line in lines for _, y in line.points if not math.isnan(y)]
    highest = max((*tops, *(top for band in bands for _, _, top in band.points)), default=0.0)
    return Chart(
        title,
        elapsed_axis(max((point.elapsed for point in points), default=0.0)),
        axis(highest),
        tuple(lines),
        tuple(_markers(sides)),
        tuple(_hovers(report, curves, show)),
        bands,
        over_time=True,
    )


def _bands(report: Report, curves: Sequence[_Curve]) -> Iterator[Band]:
    """Yield the range of the baselines of a gate; the first one is drawn as a line."""
    baselines = [one.series for one in report.gate.baselines if one.series] if report.gate else []
    for curve in curves if len(baselines) > 1 else ():
        found = ((point.elapsed, _spread(baselines, point.elapsed, curve)) for point in report.run.series)
        yield Band(curve.colour, [(elapsed, *spread) for elapsed, spread in found if spread])


def _spread(baselines: Sequence[Sequence[Point]], elapsed: float, curve: _Curve) -> tuple[float, float] | None:
    points = (_last_point(series, elapsed) for series in baselines)
    values = [value for point in points if point and not math.isnan(value := curve.read(point))]
    return (min(values), max(values)) if values else None


def _by_users(report: Report) -> Chart | None:
    """Return response times against users; None if their number hardly changed."""
    points = [point for point in report.run.series if point.users > 0 and not math.isnan(point.p95)]
    if len({point.users for point in points}) < _LEAST_USERS:
        return None
    points.sort(key=lambda point: point.users)
    curves = _CHARTS[-1][3]
    lines = [
        Line(curve.name, curve.colour, [(point.users, curve.read(point)) for point in points], dots=True)
        for curve in curves
    ]
    highest = max((y for line in lines for _, y in line.points if not math.isnan(y)), default=0.0)
    users = count_axis(points[-1].users)
    return Chart("Response times against users", users, seconds_axis(highest), tuple(lines))


def _line(curve: _Curve, series: Sequence[Point], *, dashed: bool) -> Line:
    points = [(point.elapsed, curve.read(point)) for point in series]
    return Line(curve.name, curve.colour, points, dashed)


def _markers(sides: Sequence[tuple[Sequence[Point], bool]]) -> Iterator[Marker]:
    for series, before in sides:
        done = spawn_complete(series)
        if done is not None and done.elapsed > series[0].elapsed:
            yield Marker(done.elapsed, f"{done.users:,.0f} users", before)
        yield Marker(series[-1].elapsed, "end", before)


def spawn_complete(series: Sequence[Point]) -> Point | None:
    """Return the first tick with the maximum of users; None if unknown."""
    known = [point for point in series if point.users > 0]
    most = max((point.users for point in known), default=0.0)
    return next((point for point in known if point.users == most), None)


def _hovers(report: Report, curves: Sequence[_Curve], show: Show) -> Iterator[Hover]:
    series = report.run.series
    shown = series[:: math.ceil(len(series) / MAX_HOVERS) or 1]
    middles = [(before.elapsed + after.elapsed) / 2 for before, after in pairwise(shown)]
    ends = (0.0, *middles, series[-1].elapsed) if shown else ()
    for point, (low, high) in zip(shown, pairwise(ends), strict=True):
        yield Hover(low, high, _words(point, _at(report.baseline, point.elapsed), curves, show))


def _at(summary: RunResults | None, elapsed: float) -> Point | None:
    return _last_point(summary.series if summary else (), elapsed)


def _last_point(series: Sequence[Point], elapsed: float) -> Point | None:
    """Return the last tick of a run up to a time, if it was still in progress then."""
    number = bisect_right(series, elapsed, key=lambda point: point.elapsed)
    return series[number - 1] if number and elapsed <= series[-1].elapsed else None


def _words(point: Point, before: Point | None, curves: Sequence[_Curve], show: Show) -> str:
    lines = [clock(point.elapsed)]
    for curve in curves:
        value = _shown(show, curve.read(point))
        was = f" (before {_shown(show, curve.read(before))})" if before else ""
        lines.append(f"{curve.name} {value}{was}")
    return "\n".join(lines)


def _shown(show: Show, value: float) -> str:
    return "-" if math.isnan(value) else show(value)


def _distribution(report: Report) -> Chart:
    return distribution_chart(report.run.aggregated, report.baseline.aggregated if report.baseline else None)


def distribution_chart(row: ResultRow, before: ResultRow | None, bins: int = distribution.BINS) -> Chart:
    """Return the distribution of a row's durations, and of the baseline's."""
    title, rows = "Distribution of response times", [row, *([before] if before else [])]
    bounds = distribution.grid(rows, bins)
    if not bounds:
        return Chart(title, log_seconds_axis(0.001, 1.0), percent_axis(1.0), ())
    sides = [distribution.shares(one, bounds) for one in rows]
    lines = [_steps(bounds, shares, dashed=bool(number)) for number, shares in enumerate(sides)]
    return Chart(
        title,
        log_seconds_axis(bounds[0], bounds[-1]),
        percent_axis(max(share for shares in sides for share in shares)),
        tuple(reversed(lines)),
        tuple(_quantile_markers(row, bounds)),
        tuple(_bins(bounds, sides)),
    )


def _steps(bounds: Sequence[float], shares: Sequence[float], *, dashed: bool) -> Line:
    edges = [(edge, share) for share, pair in zip(shares, pairwise(bounds), strict=True) for edge in pair]
    points = [(bounds[0], 0.0), *edges, (bounds[-1], 0.0)]
    return Line("requests", COLOURS["users"], points, dashed, filled=not dashed)


def _quantile_markers(row: ResultRow, bounds: Sequence[float]) -> Iterator[Marker]:
    for name in ("p50", "p95", "p99"):
        value = row.response_times.get(name)
        if value is not None and bounds[0] <= value <= bounds[-1]:
            yield Marker(value, name)


def _bins(bounds: Sequence[float], sides: Sequence[Sequence[float]]) -> Iterator[Hover]:
    """Return the text of each bin; the run comes first in ``sides``, then the baseline if there is one."""
    for (low, high), *shares in zip(pairwise(bounds), *sides, strict=True):
        was = f" (before {shares[1]:.1f} %)" if len(shares) > 1 else ""
        yield Hover(low, high, f"{_milliseconds(low)} to {_milliseconds(high)}\n{shares[0]:.1f} % of requests{was}")
