import math
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.documents.axis import count_axis, elapsed_axis
from locust_push.documents.charts import (
    Chart,
    Hover,
    Line,
    Marker,
)
from locust_push.documents.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    MAX_COLUMNS,
    RIGHT,
    TOP,
    WIDTH,
    draw,
    thin,
)

NAN = math.nan


def chart(points: Sequence[tuple[float, float]], *markers: Marker, hovers: tuple[Hover, ...] = ()) -> Chart:
    return Chart("A", elapsed_axis(100), count_axis(100), (Line("a", "#123456", points),), markers, hovers)


def test_a_line_goes_from_corner_to_corner() -> None:
    """A line goes from the bottom left to the top right of the plane."""
    (stroke,) = draw(chart([(0, 0), (100, 100)])).strokes
    assert stroke.path == f"M{LEFT} {HEIGHT - BOTTOM}h0L{WIDTH - RIGHT} {TOP}"


def test_what_was_not_measured_is_a_gap() -> None:
    """A line ends before a gap and starts again after it; single points are dots."""
    (stroke,) = draw(chart([(0, 0), (50, NAN), (100, 0)])).strokes
    assert stroke.path.count("M") == 2
    assert stroke.path.count("L") == 0


def test_an_area_is_closed_at_the_bottom() -> None:
    """An area goes down from the last point, and back below the first."""
    filled = Chart("A", elapsed_axis(100), count_axis(100), (Line("a", "#000", [(0, 50), (100, 50)], filled=True),))
    assert draw(filled).strokes[0].area.endswith(f"V{HEIGHT - BOTTOM}H{LEFT}Z")


def test_a_word_that_would_cover_another_is_left_out() -> None:
    """Of overlapping labels the run's own is kept; the lines of both stay."""
    rules = draw(chart([], Marker(50, "before", dashed=True), Marker(51, "now"), Marker(90, "end"))).rules
    assert [(rule.dashed, rule.label.text if rule.label else None) for rule in rules] == [
        (False, "now"), (False, "end"), (True, None)
    ]  # fmt: skip


def test_a_word_at_the_end_stays_on_the_plane() -> None:
    """A label near the edge is moved to the left."""
    (rule,) = draw(chart([], Marker(100, "a long word"))).rules
    assert rule.label is not None
    assert rule.label.x < rule.x


@pytest.mark.parametrize("low", [0.0, 99.99])
def test_a_place_to_point_at_is_never_thinner_than_a_pixel(low: float) -> None:
    """A column on hover has a minimum width."""
    (zone,) = draw(chart([], hovers=(Hover(low, low + 0.001, "x"),))).zones
    assert zone.width >= 1.0


@given(st.integers(2 * MAX_COLUMNS + 1, 5000), st.integers())
def test_a_long_line_keeps_its_peaks(count: int, seed: int) -> None:
    """A long line has a bounded number of points, including the lowest and the highest."""
    chance = Random(seed)  # noqa: S311  # no secret
    values = [NAN if chance.random() < 0.1 else chance.uniform(0, 100) for _ in range(count)]
    kept = thin([(float(number), value) for number, value in enumerate(values)])
    assert len(kept) <= 2 * MAX_COLUMNS
    assert [x for x, _ in kept] == sorted({x for x, _ in kept})
    known = [value for value in values if not math.isnan(value)]
    drawn = [value for _, value in kept if not math.isnan(value)]
    assert (min(known), max(known)) == (min(drawn), max(drawn))


def test_a_short_line_is_drawn_as_it_is() -> None:
    """Every point of a short line is drawn."""
    points = [(float(number), 1.0) for number in range(2 * MAX_COLUMNS)]
    assert thin(points) == points
