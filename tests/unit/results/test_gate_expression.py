"""The language of gate expressions."""

import pytest

from locust_push.results.gate_expression import GateSyntaxError, parse
from locust_push.results.measures import MEASURES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("p95 > 800ms", 0.8),
        ("p99.9 >= 1.5s", 1.5),
        ("max>1m", 60.0),
        ("avg > .5s", 0.5),
        ("error_rate > 2%", 2.0),
        ("rps < 50", 50.0),
        ("requests <= 1000", 1000.0),
        ("  failures   >  0 ", 0.0),
        ("p75 > 1s", 1.0),
        ("p99.99 > 1s", 1.0),
        ("failures != 0", 0.0),
        ("shop_orders_total < 5", 5.0),
        ("shop_order_seconds:p95 > 2s", 2.0),
    ],
)
def test_absolute_values_are_in_the_unit_of_the_measure(text: str, value: float) -> None:
    """Seconds, percent or a count; blanks do not matter."""
    expression = parse(text)
    assert expression.value == pytest.approx(value)
    assert (expression.relative, expression.floor, expression.selector) == (False, 0.0, ())


@pytest.mark.parametrize(
    ("text", "value", "floor"),
    [
        ("p95 > +10%", 10.0, 0.0),
        ("rps < -5%", -5.0, 0.0),
        ("p95 > +10% and +20ms", 10.0, 0.02),
        ("rps < -5% and -2", -5.0, 2.0),
        ("error_rate > +50% and +1%", 50.0, 1.0),
    ],
)
def test_a_sign_makes_a_value_relative(text: str, value: float, floor: float) -> None:
    """Relative values are in percent of the baseline, with a floor in the unit of the measure."""
    expression = parse(text)
    assert (expression.value, expression.relative) == (value, True)
    assert expression.floor == pytest.approx(floor)


@pytest.mark.parametrize(
    ("selector", "method", "name", "selected"),
    [
        ("{name=*}", "GET", "/a", True),
        ("{name=/products/[id],method=GET}", "GET", "/products/[id]", True),
        ("{name=/products/[id],method=GET}", "POST", "/products/[id]", False),
        ('{ method = POST , name = "a, b} \\"c\\"" }', "POST", 'a, b} "c"', True),
        ("{name=open home page}", "GET", "open home page", True),
        ("{name=/products/*}", "GET", "/products/7", True),
        ("{name=/products/*}", "GET", "/cart", False),
        ('{name="/products/*"}', "GET", "/products/7", False),
        ('{name="/products/*"}', "GET", "/products/*", True),
        ("{name!=/login}", "GET", "/login", False),
        ("{name!=/log*}", "GET", "/cart", True),
        ('{name=~"/(a|b)"}', "GET", "/b", True),
        ('{name=~"/(a|b)"}', "GET", "/bc", False),
        ("{name!~/v[0-9]+/.*}", "GET", "/v2/cart", False),
    ],
)
def test_selectors_select_rows(selector: str, method: str, name: str, selected: bool) -> None:
    """Selectors match name and method as in PromQL; a star stands for any text, unless it is in quotes."""
    assert parse(f"p95{selector} > 1s").selects({"method": method, "name": name}) is selected


def test_a_range_fails_at_either_end() -> None:
    """A range fails below its lower end or above its upper one; with signs both are relative."""
    below, above = parse("rps outside 90..110").halves
    assert (below.operator, below.value, above.operator, above.value) == ("<", 90.0, ">", 110.0)
    below, above = parse("rps outside -5%..+5%").halves
    assert (below.relative, below.value, above.relative, above.value) == (True, -5.0, True, 5.0)


def test_what_a_change_must_exceed_has_a_default_for_failures() -> None:
    """The default floors are half a percentage point and five failures, since any increase from 0 is infinite."""
    assert (parse("error_rate > +10%").floor, parse("failures > +10%").floor, parse("p95 > +10%").floor) == (0.5, 5, 0)


@pytest.mark.parametrize(
    ("percentile", "least"), [("p50", 10), ("p95", 100), ("p99", 500), ("p99.9", 5000), ("p1", 500), ("p75", 20)]
)
def test_a_percentile_needs_five_requests_beyond_it(percentile: str, least: int) -> None:
    """A percentile needs requests on its far side."""
    assert parse(f"{percentile} > 1s").measure.least == least


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_can_be_judged(name: str) -> None:
    """Each measure has a name in the language."""
    assert parse(f"{name} > +10%").measure is MEASURES[name]


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "expecting one of p50"),
        ("p100 > 1s", 0, "expecting one of p50"),
        ("pace > 1s", 0, "expecting one of p50"),
        ("shop_orders_total:median > 1", 17, "expecting shop_orders_total: and a percentile or one of total"),
        ("rps outside 90", 14, "expecting .. and the upper end"),
        ("rps outside 110..90", 17, "ends below its start"),
        ("rps outside 90..+5%", 16, "both ends of a range"),
        ('p95{name=~"("} > 1s', 10, "this regular expression cannot be read"),
        ("p95", 3, "expecting one of > >= < <= == != outside"),
        ("p95 => 1s", 4, "expecting one of > >= < <= == != outside"),
        ("p95 >", 5, "expecting a value such as 800ms"),
        ("p95 > fast", 6, "expecting a value such as 800ms"),
        ("p95 > 800", 6, "the unit is missing"),
        ("p95 > 2%", 6, "p95 is a number of seconds"),
        ("rps < 50ms", 6, "rps is a number of count"),
        ("error_rate > 2", 13, "the unit is missing"),
        ("p95 > +20ms", 6, "a change is in percent"),
        ("p95 > 1s and +20ms", 9, "a floor needs a value relative to the baseline"),
        ("p95 > +10% or +20ms", 11, "the value is complete here"),
        ("p95 > +10% and", 14, "expecting a floor such as +800ms"),
        ("p95 > +10% and 20ms", 15, "the floor of this change begins with +"),
        ("rps < -5% and +2", 14, "the floor of this change begins with -"),
        ("p95{status=200} > 1s", 4, "expecting name= or method="),
        ("p95{name} > 1s", 8, "expecting = after name"),
        ("p95{name=} > 1s", 9, "expecting a value"),
        ("p95{name=a,name=b} > 1s", 11, "name is given twice"),
        ("p95{name=a > 1s", 15, "expecting , or }"),
    ],
)
def test_an_error_points_at_the_character(text: str, position: int, words: str) -> None:
    """It says what is expected, with a caret under the position."""
    with pytest.raises(GateSyntaxError) as caught:
        parse(text)
    problem, shown, caret = str(caught.value).split("\n")
    assert words in problem
    assert shown[2:] == text
    assert (caught.value.position, caret) == (position, "  " + " " * position + "^")
