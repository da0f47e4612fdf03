"""The language of gate expressions, from text to :class:`Expression`. Pure.

    METRIC[{LABEL=VALUE,…}] OP VALUE [and FLOOR]
    METRIC[{LABEL=VALUE,…}] outside LOW..HIGH

An expression says when a run fails. METRIC is a measure of requests (``p95``, any other percentile, ``error_rate``) or
a metric of the locustfile with a statistic (``shop_order_seconds:p95``, ``shop_orders_total:rate``). VALUE is
absolute (``800ms``, ``1.5s``, ``2%``, ``50``) or, with a sign and in percent, relative to the baseline (``+10%``,
``-5%``). FLOOR, with a relative value only, is the smallest absolute change that counts (``+20ms``).

A selector has the matchers of PromQL: ``=`` ``!=`` ``=~`` ``!~``. With the first two ``*`` stands for any text, unless
the value is in double quotes. Requests have the labels ``name`` and ``method``. Without a selector all requests
together are judged; with one each row that it selects.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from locust_push.results.measures import MEASURES, SHIFT, Measure, Unit, measure_of
from locust_push.results.own_metrics import STATISTICS, own_measure

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}

_OUTSIDE = "outside"

_SCALES: Mapping[Unit, Mapping[str, float]] = {
    Unit.SECONDS: {"ms": 0.001, "s": 1.0, "us": 1e-6, "µs": 1e-6, "m": 60.0},
    Unit.PERCENT: {"%": 1.0},
    Unit.COUNT: {"": 1.0},
}
_EXAMPLES = {Unit.SECONDS: "800ms or 1.5s", Unit.PERCENT: "2%", Unit.COUNT: "50"}

_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9.]*")
_METRIC = re.compile(r"[A-Za-z_][A-Za-z_0-9]*(?:\.[0-9]+)?(?::[a-z]+[0-9.]*)?")
_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?P<unit>[A-Za-zµ%]*)")
_QUOTED = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"')
_BARE = re.compile(r'[^",}]+')
_OPERATOR = re.compile(rf"[<>=!]+|{_OUTSIDE}\b")
_MATCH = re.compile(r"=~|!~|!=|=")
_SELECTABLE = ("name", "method")


class GateSyntaxError(ValueError):
    """A gate expression cannot be read. ``str()`` has the problem, the expression, and a caret under the character.

    Attributes:
        problem: The problem, and what to write instead.
        position: Position of the character, from 0.
    """

    def __init__(self, text: str, position: int, problem: str) -> None:
        super().__init__(text, position, problem)
        self.text = text
        self.position = position
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem}\n  {self.text}\n  {' ' * self.position}^"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label of a row.

    Attributes:
        label: Its name.
        pattern: A regular expression for its whole value.
        text: The value as written, without quotes.
        negated: Whether it must not match.
    """

    label: str
    pattern: re.Pattern[str]
    text: str
    negated: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels match; a missing label is an empty text."""
        return bool(self.pattern.fullmatch(labels.get(self.label, ""))) is not self.negated


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition under which a run fails.

    Attributes:
        text: As written.
        measure: The measure.
        operator: Key of :data:`OPERATORS`.
        value: In the measure's unit (seconds, percent, count), or a change in percent where ``relative``.
        relative: Whether it is relative to the baseline.
        floor: The smallest absolute change that counts, without its sign.
        selector: Conditions on the labels of the rows to judge; empty for all requests together.
        own_metric: Name of a metric of the locustfile; empty for a measure of requests.
        above: The other half of a range; the run fails if either holds.
    """

    text: str
    measure: Measure
    operator: str
    value: float
    relative: bool
    floor: float = 0.0
    selector: tuple[Matcher, ...] = ()
    own_metric: str = ""
    above: "Expression | None" = None

    def exceeds(self, value: float, limit: float) -> bool:
        """Whether the operator holds between a value and its limit."""
        return OPERATORS[self.operator](value, limit)

    @property
    def direction(self) -> int:
        """1 where the run fails by more, -1 where it fails by less, 0 where neither can be said."""
        return {">": 1, ">=": 1, "<": -1, "<=": -1}.get(self.operator, 0)

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether the selector, if any, matches a row with these labels."""
        return all(matcher.matches(labels) for matcher in self.selector)

    @property
    def halves(self) -> "tuple[Expression, ...]":
        """The expression, or the two halves of a range, each marked in its text."""
        if self.above is None:
            return (self,)
        below = replace(self, above=None, text=f"{self.text} (below)")
        return below, replace(self.above, text=f"{self.text} (above)")


def parse(text: str) -> Expression:
    """Return the expression in a text.

    Raises:
        GateSyntaxError: It is not an expression.
    """
    reader = _Reader(text)
    measure, own_metric = _metric(reader)
    selector = _selector(reader, any_label=bool(own_metric))
    sign = _operator(reader)
    position = reader.position
    if sign == _OUTSIDE:
        below = Expression(text, measure, "<", 0.0, relative=False, selector=selector, own_metric=own_metric)
        return _range(reader, below)
    value, relative = _value(reader, measure)
    if measure is SHIFT and not relative:
        reader.refuse("shift is a change: write it like +5%", position + 1)
    floor = _floor(reader, measure, value) if relative else 0.0
    hint = "" if relative else "; a floor needs a value relative to the baseline"
    reader.expect_end(f"the value is complete here{hint}")
    return Expression(text, measure, sign, value, relative, floor, selector, own_metric)


@dataclass(slots=True)
class _Reader:
    """A place in a text."""

    text: str
    position: int = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Skip blanks, and text that matches here."""
        self.skip_blanks()
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()
        return match

    def take_text(self, text: str) -> bool:
        """Skip blanks, and this text if it is here."""
        return self.take(re.compile(re.escape(text))) is not None

    def skip_blanks(self) -> None:
        """Go to the next character that is not a blank."""
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def refuse(self, problem: str, position: int | None = None) -> NoReturn:
        """Point at a character, by default the next one."""
        self.skip_blanks()
        raise GateSyntaxError(self.text, self.position if position is None else position, problem)

    def expect_end(self, problem: str) -> None:
        """Refuse any further text."""
        self.skip_blanks()
        if self.position < len(self.text):
            self.refuse(problem)


def _metric(reader: _Reader) -> tuple[Measure, str]:
    """Return the measure, and the name of the locustfile's metric, if it is one."""
    match = reader.take(_METRIC)
    name, _, statistic = match[0].partition(":") if match else ("", "", "")
    if measure := None if statistic else measure_of(name):
        return measure, ""
    if match is None or ("_" not in name and not statistic):
        known = " ".join(MEASURES)
        reader.refuse(
            f"expecting one of {known}, another percentile, or a metric of the locustfile such as shop_orders_total",
            match.start() if match else None,
        )
    own = own_measure(name, statistic)
    if own is None:
        statistics = " ".join(STATISTICS)
        reader.refuse(f"expecting {name}: and a percentile or one of {statistics}", match.start() + len(name))
    return own, name


def _selector(reader: _Reader, *, any_label: bool) -> tuple[Matcher, ...]:
    found: list[Matcher] = []
    if not reader.take_text("{"):
        return ()
    while True:
        found.append(_matcher(reader, {matcher.label for matcher in found}, any_label=any_label))
        if reader.take_text("}"):
            return tuple(found)
        if not reader.take_text(","):
            reader.refuse("expecting , or }")


def _matcher(reader: _Reader, found: set[str], *, any_label: bool) -> Matcher:
    label = reader.take(_WORD)
    if label is None or not (any_label or label[0] in _SELECTABLE):
        reader.refuse("expecting a label" if any_label else "expecting name= or method=", label and label.start())
    if label[0] in found:
        reader.refuse(f"{label[0]} is given twice", label.start())
    kind = reader.take(_MATCH)
    if kind is None:
        reader.refuse(f"expecting = after {label[0]}")
    reader.skip_blanks()
    position = reader.position
    text, quoted = _label_value(reader)
    try:
        pattern = re.compile(text if "~" in kind[0] else _glob(text, literal=quoted))
    except re.error as error:
        reader.refuse(f"this regular expression cannot be read: {error}", position)
    return Matcher(label[0], pattern, text, negated="!" in kind[0])


def _label_value(reader: _Reader) -> tuple[str, bool]:
    """Return the text that a label is compared with, and whether it was in quotes."""
    quoted = reader.take(_QUOTED)
    if quoted:
        return re.sub(r"\\([\"\\])", r"\1", quoted["text"]), True
    bare = reader.take(_BARE)
    if bare is None:
        reader.refuse('expecting a value; write one with , } or " in it like name="a,b"')
    return bare[0].strip(), False


def _glob(text: str, *, literal: bool) -> str:
    return re.escape(text) if literal else ".*".join(map(re.escape, text.split("*")))


def _operator(reader: _Reader) -> str:
    match = reader.take(_OPERATOR)
    if match is None or match[0] not in {*OPERATORS, _OUTSIDE}:
        reader.refuse(f"expecting one of {' '.join((*OPERATORS, _OUTSIDE))}", match.start() if match else None)
    return match[0]


def _range(reader: _Reader, below: Expression) -> Expression:
    low, relative = _value(reader, below.measure)
    if not reader.take_text(".."):
        reader.refuse(f"expecting .. and the upper end of the range, as in {_OUTSIDE} 90..110")
    reader.skip_blanks()
    position = reader.position
    high, both_relative = _value(reader, below.measure)
    if both_relative is not relative:
        reader.refuse("both ends of a range are absolute, or both have a sign", position)
    if high < low:
        reader.refuse("the range ends below its start", position)
    reader.expect_end("the range is complete here")
    below = replace(below, value=low, relative=relative)
    return replace(below, above=replace(below, operator=">", value=high))


def _value(reader: _Reader, measure: Measure) -> tuple[float, bool]:
    """Return the value, and whether it is relative."""
    match = reader.take(_NUMBER)
    if match is None:
        reader.refuse(f"expecting a value such as {_EXAMPLES[measure.unit]}, or +10% for a change")
    if not match["sign"]:
        return _absolute(reader, measure, match), False
    if match["unit"] != "%":
        reader.refuse("a change is in percent: +10%, or +10% and +20ms with a floor", match.start())
    return float(match["sign"] + match["number"]), True


def _absolute(reader: _Reader, measure: Measure, match: re.Match[str]) -> float:
    scale = _SCALES[measure.unit].get(match["unit"])
    if scale is None:
        problem = f"{measure.name} is a number of {measure.unit}" if match["unit"] else "the unit is missing"
        reader.refuse(f"{problem}; write it like {_EXAMPLES[measure.unit]}", match.start())
    return float(match["number"]) * scale


def _floor(reader: _Reader, measure: Measure, value: float) -> float:
    if not reader.take(re.compile(r"and\b")):
        return measure.floor
    match = reader.take(_NUMBER)
    sign = "-" if value < 0 else "+"
    if match is None:
        reader.refuse(f"expecting a floor such as {sign}{_EXAMPLES[measure.unit].partition(' ')[0]}")
    if match["sign"] != sign:
        reader.refuse(f"the floor of this change begins with {sign}", match.start())
    return _absolute(reader, measure, match)
