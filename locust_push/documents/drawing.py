"""Converts charts to the contents of SVG elements: positions in pixels and paths. Pure.

Charts are drawn when the report is made, not by a script when it is opened: CI servers serve artifacts with a content
security policy that blocks scripts, and printed pages have none.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from locust_push.documents.axis import Axis
from locust_push.documents.charts import Band, Chart, Line, Marker

WIDTH, HEIGHT = 640, 230
"""Size of a drawing; the page scales it."""

LEFT, RIGHT, TOP, BOTTOM = 58, 14, 22, 24
"""Margins, for the texts of the axes and of the markers."""

MAX_COLUMNS = 300
"""Columns of a line: one with more than twice as many points is drawn through the extremes in each column."""

MAX_DOTS = 1000
"""Most points that are drawn of a series without lines."""

_TEXT_WIDTH = 6.4
"""Approximate width of a character."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its anchor; ``anchor`` is SVG's ``text-anchor``."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A path; ``area`` is the closed one below it, or empty; ``dots`` are drawn separately."""

    name: str
    colour: str
    path: str
    dashed: bool
    area: str = ""
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A vertical line and its label, which is left out if it would cover another one."""

    x: float
    dashed: bool
    label: Text | None


@dataclass(frozen=True, slots=True)
class Zone:
    """A column with a text on hover."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart in pixels of a plane of :data:`WIDTH` by :data:`HEIGHT`.

    Attributes:
        seconds: Length of the horizontal axis if it is time; otherwise 0.
        bands: Colours, and closed paths.
    """

    title: str
    seconds: float
    bands: tuple[tuple[str, str], ...]
    strokes: tuple[Stroke, ...]
    rules: tuple[Rule, ...]
    zones: tuple[Zone, ...]
    x_ticks: tuple[Text, ...]
    y_ticks: tuple[Text, ...]


def draw(chart: Chart) -> Drawing:
    """Return a chart in pixels."""
    plane = _Plane(chart.x, chart.y)
    return Drawing(
        chart.title,
        chart.x.high if chart.over_time else 0.0,
        tuple((band.colour, _band(plane, band)) for band in chart.bands if band.points),
        tuple(_stroke(plane, line) for line in chart.lines),
        tuple(_rules(plane, chart.markers)),
        tuple(_zones(plane, chart)),
        tuple(Text(plane.x(at), HEIGHT - BOTTOM + 16, text) for at, text in chart.x.ticks),
        tuple(Text(LEFT - 8, plane.y(at), text, "end") for at, text in chart.y.ticks),
    )


@dataclass(frozen=True, slots=True)
class _Plane:
    """The positions of values."""

    horizontal: Axis
    vertical: Axis

    def x(self, value: float) -> float:
        return round(LEFT + self.horizontal.place(value) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - self.vertical.place(value) * (HEIGHT - TOP - BOTTOM), 1)


def _stroke(plane: _Plane, line: Line) -> Stroke:
    path = _dots(plane, line.points) if line.dots else _path(plane, thin(line.points))
    bottom = HEIGHT - BOTTOM
    area = f"{path}V{bottom}H{plane.x(line.points[0][0]):g}Z" if line.filled and path else ""
    return Stroke(line.name, line.colour, path, line.dashed, area, line.dots)


def _dots(plane: _Plane, points: Sequence[tuple[float, float]]) -> str:
    """Return a dot for each position of a point: the ends of lines are round."""
    places = dict.fromkeys((plane.x(at), plane.y(value)) for at, value in points if not math.isnan(value))
    return "".join(f"M{x:g} {y:g}h0" for x, y in list(places)[:MAX_DOTS])


def _band(plane: _Plane, band: Band) -> str:
    """Return the path around a band: along its highest values, and back along its lowest."""
    there = [f"{plane.x(at):g} {plane.y(high):g}" for at, _, high in band.points]
    back = [f"{plane.x(at):g} {plane.y(low):g}" for at, low, _ in reversed(band.points)]
    return f"M{'L'.join([*there, *back])}Z"


def _path(plane: _Plane, points: Sequence[tuple[float, float]]) -> str:
    """Return the path of a line; a gap starts a new part, and a point alone a dot (its ends are round)."""
    parts: list[str] = []
    last: tuple[float, float] | None = None
    for at, value in points:
        place = None if math.isnan(value) else (plane.x(at), plane.y(value))
        if place:
            parts.append(_to(place, last))
        last = place
    return "".join(parts)


def _to(place: tuple[float, float], last: tuple[float, float] | None) -> str:
    """Return the shortest command to a position; without a previous one a dot."""
    x, y = place
    if last is None:
        return f"M{x:g} {y:g}h0"
    return f"V{y:g}" if x == last[0] else f"H{x:g}" if y == last[1] else f"L{x:g} {y:g}"


def thin(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return as few points as look the same: the lowest and the highest of each column, so that peaks stay."""
    if len(points) <= 2 * MAX_COLUMNS:
        return list(points)
    size = math.ceil(len(points) / MAX_COLUMNS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        kept += _extremes(points[start : start + size])
    return kept


def _extremes(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    known = [point for point in points if not math.isnan(point[1])]
    if not known:
        return [points[0]]
    return sorted({min(known, key=lambda point: point[1]), max(known, key=lambda point: point[1])})


def _rules(plane: _Plane, markers: Sequence[Marker]) -> Iterator[Rule]:
    """Yield the run's own markers before the baseline's, so that their labels take precedence."""
    taken: list[tuple[float, float]] = []
    for marker in sorted(markers, key=lambda marker: marker.dashed):
        x, half = plane.x(marker.at), len(marker.name) * _TEXT_WIDTH / 2
        middle = min(x, WIDTH - half)
        free = all(middle + half < low or middle - half > high for low, high in taken)
        if free:
            taken.append((middle - half, middle + half))
        yield Rule(x, marker.dashed, Text(round(middle, 1), TOP - 8, marker.name) if free else None)


def _zones(plane: _Plane, chart: Chart) -> Iterator[Zone]:
    for hover in chart.hovers:
        low, high = plane.x(hover.low), plane.x(hover.high)
        yield Zone(low, round(max(high - low, 1.0), 1), hover.text)
