"""Whether a run is good enough: expressions judged on its rows, alone or against earlier runs. Pure.

With several baselines each row has a baseline value, their median, and a spread around it: three times the median
absolute deviation, scaled by 1.4826 to be a standard deviation where values are normal (P. J. Rousseeuw, C. Croux,
"Alternatives to the Median Absolute Deviation", JASA 88, 1993; the three is the limit of C. Leys et al., "Detecting
outliers", J. Exp. Soc. Psychology 49, 2013). So one bad baseline in five moves neither. A change within the spread is
what such runs do by themselves, and does not fail. With one or two equal baselines the spread is 0.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median

from locust_push.core.labels import TOTAL, RowKey
from locust_push.results.compare import unlike
from locust_push.results.gate_expression import Expression
from locust_push.results.model import ResultRow, RunResults

DEFAULT_MIN_REQUESTS = 100

_SCALED = 1.4826
_SPREAD_FACTOR = 3.0


class Outcome(StrEnum):
    """What came of one expression on one row."""

    MET = "ok"
    FAILED = "failed"
    WITHIN_SPREAD = "within spread"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One expression on one row.

    Attributes:
        expression: Which one.
        label: Method and name of the row.
        value: Of the run, in the measure's unit; NaN where it has none.
        baseline: Median over the baselines; NaN for an absolute expression, and where they have none.
        spread: How far from the median values lie by themselves; 0 with one baseline.
        limit: What the value was held against; NaN where it was not judged.
        outcome: What came of it.
        reason: Why it was not judged, or what has to be said beside; or empty.
    """

    expression: Expression
    label: str
    value: float
    baseline: float
    spread: float
    limit: float
    outcome: Outcome
    reason: str = ""

    @property
    def met(self) -> bool:
        """Whether it did not fail."""
        return self.outcome is not Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Gate:
    """How a run is judged.

    Attributes:
        expressions: When it fails.
        min_requests: Rows with fewer are not judged, but for their number of requests.
        strict: Whether a row that is on one side only fails.
    """

    expressions: Sequence[Expression]
    min_requests: int = DEFAULT_MIN_REQUESTS
    strict: bool = False

    @property
    def needs_baseline(self) -> bool:
        """Whether any expression is relative."""
        return any(expression.relative for expression in self.expressions)


@dataclass(frozen=True, slots=True)
class GateResult:
    """What came of a gate.

    Attributes:
        run: What was judged.
        baselines: What it was held against, perhaps nothing.
        judgements: Of each expression, on each of its rows.
        warnings: What makes the verdict doubtful, a line each.
    """

    run: RunResults
    baselines: tuple[RunResults, ...]
    judgements: tuple[Judgement, ...]
    warnings: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether nothing failed."""
        return all(judgement.met for judgement in self.judgements)


def judge(gate: Gate, run: RunResults, baselines: Sequence[RunResults] = ()) -> GateResult:
    """Judge a run."""
    sides = _Sides(run, baselines)
    judgements = tuple(
        judgement for expression in gate.expressions for judgement in _judge_expression(gate, expression, sides)
    )
    return GateResult(run, tuple(baselines), judgements, tuple(_warnings(sides, judgements)))


@dataclass(frozen=True, slots=True)
class _Sides:
    """The rows of a run and of its baselines, by method and name."""

    run: RunResults
    baselines: Sequence[RunResults]

    def keys(self, expression: Expression) -> list[RowKey]:
        """Return the rows on either side that an expression selects."""
        if not expression.selector:
            return [TOTAL]
        keys = {(row.method, row.name) for summary in (self.run, *self.baselines) for row in summary.rows}
        return sorted((key for key in keys if expression.selects(*key)), key=lambda key: (key[1], key[0]))

    def after(self, key: RowKey) -> ResultRow | None:
        """Return the run's row."""
        return _row(self.run, key)

    def before(self, key: RowKey) -> list[ResultRow]:
        """Return the row of each baseline that has it."""
        return [row for row in (_row(summary, key) for summary in self.baselines) if row is not None]


def _row(summary: RunResults, key: RowKey) -> ResultRow | None:
    rows = (*summary.rows, summary.aggregated)
    return next((row for row in rows if (row.method, row.name) == key), None)


def _judge_expression(gate: Gate, expression: Expression, sides: _Sides) -> Iterator[Judgement]:
    keys = sides.keys(expression)
    if not keys:
        label = " ".join(expression.selector.values())
        yield _not_judged(expression, label, "no request matches", failed=gate.strict)
    for key in keys:
        yield _judge_row(gate, expression, key, sides)


def _judge_row(gate: Gate, expression: Expression, key: RowKey, sides: _Sides) -> Judgement:
    row, before = sides.after(key), sides.before(key)
    label = " ".join(filter(None, key))
    if row is None:
        return _not_judged(expression, label, "in the baseline only", failed=gate.strict)
    value = expression.measure.read(row)
    if expression.relative and not before:
        reason = "in this run only" if sides.baselines else "there is no baseline"
        return _not_judged(expression, label, reason, value, failed=gate.strict)
    reason = _too_few(gate, expression, row, before)
    if reason or math.isnan(value):
        return _not_judged(expression, label, reason or "has no response times", value)
    if not expression.relative:
        return _judgement(expression, label, value, math.nan, 0.0)
    values = [known for known in map(expression.measure.read, before) if not math.isnan(known)]
    if not values:
        return _not_judged(expression, label, "the baseline has no response times", value, failed=gate.strict)
    return _judgement(expression, label, value, median(values), spread(values))


def _too_few(gate: Gate, expression: Expression, row: ResultRow, before: Sequence[ResultRow]) -> str:
    """Return why a row is too small to be judged; or nothing."""
    if not expression.measure.estimated:
        return ""
    if row.requests < gate.min_requests:
        return f"{row.requests:,} requests are fewer than {gate.min_requests:,}"
    if expression.relative and median(one.requests for one in before) < gate.min_requests:
        return f"the baseline has fewer than {gate.min_requests:,} requests"
    return ""


def spread(values: Sequence[float]) -> float:
    """Return how far from their median values lie by themselves; see the module's docstring."""
    middle = median(values)
    return _SPREAD_FACTOR * _SCALED * median(abs(value - middle) for value in values)


def _judgement(expression: Expression, label: str, value: float, baseline: float, spread_: float) -> Judgement:
    limit = baseline * (1 + expression.value / 100) if expression.relative else expression.value
    made = Judgement(expression, label, value, baseline, spread_, limit, Outcome.MET)
    if not expression.exceeds(value, limit):
        return made
    if expression.relative and abs(value - baseline) <= expression.floor:
        return replace(made, reason="below the floor")
    if expression.relative and abs(value - baseline) <= spread_:
        return replace(made, outcome=Outcome.WITHIN_SPREAD)
    return replace(made, outcome=Outcome.FAILED)


def _not_judged(
    expression: Expression, label: str, reason: str, value: float = math.nan, *, failed: bool = False
) -> Judgement:
    outcome = Outcome.FAILED if failed else Outcome.NOT_JUDGED
    return Judgement(expression, label, value, math.nan, 0.0, math.nan, outcome, reason)


def _warnings(sides: _Sides, judgements: Sequence[Judgement]) -> Iterator[str]:
    for baseline in sides.baselines:
        yield from unlike(baseline, sides.run)
    if judgements and all(judgement.outcome is Outcome.NOT_JUDGED for judgement in judgements):
        yield "nothing was judged"
