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
    ],
)
def test_absolute_values_are_in_the_unit_of_the_measure(text: str, value: float) -> None:
    """Seconds, percent or a count; blanks do not matter."""
    expression = parse(text)
    assert expression.value == pytest.approx(value)
    assert (expression.relative, expression.floor, expression.selector) == (False, 0.0, {})


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
    """In percent of the baseline, with a floor in the unit of the measure."""
    expression = parse(text)
    assert (expression.value, expression.relative) == (value, True)
    assert expression.floor == pytest.approx(floor)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{name=*}", {"name": "*"}),
        ("{name=/products/[id],method=GET}", {"name": "/products/[id]", "method": "GET"}),
        ('{ method = POST , name = "a, b} \\"c\\"" }', {"method": "POST", "name": 'a, b} "c"'}),
        ("{name=open home page}", {"name": "open home page"}),
    ],
)
def test_selectors_name_rows(selector: str, expected: dict[str, str]) -> None:
    """By name and method; what holds commas, braces or quotes stands in quotes."""
    assert parse(f"p95{selector} > 1s").selector == expected


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_can_be_judged(name: str) -> None:
    """Each has a name in the language."""
    assert parse(f"{name} > +10%").measure is MEASURES[name]


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "expecting one of p50"),
        ("p42 > 1s", 0, "expecting one of p50"),
        ("p95", 3, "expecting one of > >= < <="),
        ("p95 => 1s", 4, "expecting one of > >= < <="),
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
    """It says what belongs there, and has a caret under it."""
    with pytest.raises(GateSyntaxError) as caught:
        parse(text)
    problem, shown, caret = str(caught.value).split("\n")
    assert words in problem
    assert shown[2:] == text
    assert (caught.value.position, caret) == (position, "  " + " " * position + "^")
