"""The language of gate expressions, from text to :class:`Expression`. Pure.

    METRIC[{name=…,method=…}] OP VALUE [and FLOOR]

An expression says when a run fails. VALUE is absolute (``800ms``, ``1.5s``, ``2%``, ``50``) or, with a sign and in
percent, relative to the baseline (``+10%``, ``-5%``). FLOOR, with a relative value only, is the least absolute change
that counts (``+20ms``). A selector's value ends at a comma or brace unless it stands in double quotes; ``name=*`` means
every row. Without a selector all requests together are judged.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from locust_push.results.measures import MEASURES, Measure, Unit

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

_SCALES: Mapping[Unit, Mapping[str, float]] = {
    Unit.SECONDS: {"ms": 0.001, "s": 1.0, "us": 1e-6, "µs": 1e-6, "m": 60.0},
    Unit.PERCENT: {"%": 1.0},
    Unit.COUNT: {"": 1.0},
}
_EXAMPLES = {Unit.SECONDS: "800ms or 1.5s", Unit.PERCENT: "2%", Unit.COUNT: "50"}

_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9.]*")
_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?P<unit>[A-Za-zµ%]*)")
_QUOTED = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"')
_BARE = re.compile(r'[^",}]+')
_OPERATOR = re.compile(r"[<>=!]+")
_SELECTABLE = ("name", "method")


class GateSyntaxError(ValueError):
    """A gate expression cannot be read. ``str()`` is what is wrong, the expression, and a caret under the character.

    Attributes:
        problem: What is wrong, and the mend.
        position: Of the character, from 0.
    """

    def __init__(self, text: str, position: int, problem: str) -> None:
        super().__init__(text, position, problem)
        self.text = text
        self.position = position
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem}\n  {self.text}\n  {' ' * self.position}^"


@dataclass(frozen=True, slots=True)
class Expression:
    """When a run fails.

    Attributes:
        text: As written.
        measure: What is judged.
        operator: Key of :data:`OPERATORS`.
        value: In the measure's unit (seconds, percent, count), or a change in percent where ``relative``.
        relative: Whether it is relative to the baseline.
        floor: The least absolute change that counts, without its sign; 0 for any.
        selector: ``name`` and ``method`` of the rows to judge; empty for all requests together.
    """

    text: str
    measure: Measure
    operator: str
    value: float
    relative: bool
    floor: float = 0.0
    selector: Mapping[str, str] = field(default_factory=dict)

    def exceeds(self, value: float, limit: float) -> bool:
        """Whether the operator holds between a value and its limit."""
        return OPERATORS[self.operator](value, limit)

    def selects(self, method: str, name: str) -> bool:
        """Whether a row is to be judged, if there is a selector."""
        row = {"method": method, "name": name}
        return all(wanted in {"*", row[label]} for label, wanted in self.selector.items())


def parse(text: str) -> Expression:
    """Return the expression in a text.

    Raises:
        GateSyntaxError: It is none.
    """
    reader = _Reader(text)
    measure = _measure(reader)
    selector = _selector(reader)
    sign = _operator(reader)
    value, relative = _value(reader, measure)
    floor = _floor(reader, measure, value) if relative else 0.0
    reader.end(f"the value is complete here{'' if relative else '; a floor needs a value relative to the baseline'}")
    return Expression(text, measure, sign, value, relative, floor, selector)


@dataclass(slots=True)
class _Reader:
    """A place in a text."""

    text: str
    position: int = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Skip blanks, and what matches here."""
        self.skip_blanks()
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()
        return match

    def take_text(self, text: str) -> bool:
        """Skip blanks, and this text if it is here."""
        return self.take(re.compile(re.escape(text))) is not None

    def skip_blanks(self) -> None:
        """Go to the next character that is none."""
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def refuse(self, problem: str, position: int | None = None) -> NoReturn:
        """Point at a character, by default the next one."""
        self.skip_blanks()
        raise GateSyntaxError(self.text, self.position if position is None else position, problem)

    def end(self, problem: str) -> None:
        """Refuse whatever is left."""
        self.skip_blanks()
        if self.position < len(self.text):
            self.refuse(problem)


def _measure(reader: _Reader) -> Measure:
    match = reader.take(_WORD)
    measure = MEASURES.get(match[0]) if match else None
    if measure is None:
        reader.refuse(f"expecting one of {' '.join(MEASURES)}", match.start() if match else None)
    return measure


def _selector(reader: _Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    if not reader.take_text("{"):
        return found
    while True:
        label, value = _matcher(reader, found)
        found[label] = value
        if reader.take_text("}"):
            return found
        if not reader.take_text(","):
            reader.refuse("expecting , or }")


def _matcher(reader: _Reader, found: Mapping[str, str]) -> tuple[str, str]:
    label = reader.take(_WORD)
    if label is None or label[0] not in _SELECTABLE:
        reader.refuse("expecting name= or method=", label.start() if label else None)
    if label[0] in found:
        reader.refuse(f"{label[0]} is given twice", label.start())
    if not reader.take_text("="):
        reader.refuse(f"expecting = after {label[0]}")
    quoted = reader.take(_QUOTED)
    if quoted:
        return label[0], re.sub(r"\\(.)", r"\1", quoted["text"])
    bare = reader.take(_BARE)
    if bare is None:
        reader.refuse('expecting a value; write one with , } or " in it like name="a,b"')
    return label[0], bare[0].strip()


def _operator(reader: _Reader) -> str:
    match = reader.take(_OPERATOR)
    if match is None or match[0] not in OPERATORS:
        reader.refuse(f"expecting one of {' '.join(OPERATORS)}", match.start() if match else None)
    return match[0]


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
        return 0.0
    match = reader.take(_NUMBER)
    sign = "-" if value < 0 else "+"
    if match is None:
        reader.refuse(f"expecting a floor such as {sign}{_EXAMPLES[measure.unit].partition(' ')[0]}")
    if match["sign"] != sign:
        reader.refuse(f"the floor of this change begins with {sign}", match.start())
    return _absolute(reader, measure, match)
