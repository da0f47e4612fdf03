"""Relative expressions, which compare a run with its baselines, are decided here and only here. Pure.

An expression fails a run if two conditions hold: the measured change is beyond the limit, and a change in that
direction is shown, which happens between runs of the same load no more often than one minus the confidence. That is the
probability of a false alarm of the whole gate, which is divided among its relative expressions, and among the rows of
each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, geometric_mean

from locust_push.core.labels import RowKey
from locust_push.results.gate_expression import Expression
from locust_push.results.judgement import Judgement, Outcome
from locust_push.results.model import ResultRow
from locust_push.results.statistics.against import Against, ShownChange


@dataclass(frozen=True, slots=True)
class RelativeRow:
    """A row that is judged against baselines.

    Attributes:
        key: Method and name.
        label: For display.
        row: Row of the run; its value is known.
        before: Rows of the baselines that have it; at least one of their values is known.
        among: How many rows the expression selects.
    """

    key: RowKey
    label: str
    row: ResultRow
    before: Sequence[ResultRow]
    among: int = 1


@dataclass(frozen=True, slots=True)
class RelativeRule:
    """How relative expressions are decided.

    Attributes:
        against: The run and its baselines.
        tail: Probability of a false alarm of one expression.
    """

    against: Against
    tail: float

    def decide(self, expression: Expression, row: RelativeRow) -> Judgement:
        """Judge a row by a relative expression that is not a range."""
        change = self._change(expression, row)
        value = expression.measure.read(row.row)
        baseline = _baseline(value, [expression.measure.read(one) for one in row.before], change)
        limit = baseline * (1 + expression.value / 100)
        made = Judgement(expression, row.label, value, baseline, limit, Outcome.MET, change=change)
        if not expression.exceeds(value, limit):
            return made
        if abs(value - baseline) <= expression.floor:
            return replace(made, reason=f"below the floor of {expression.measure.show(expression.floor)}")
        if change is None or _is_shown(expression, change):
            return replace(made, outcome=Outcome.FAILED, reason=_apart(change))
        return replace(made, outcome=Outcome.WITHIN_SPREAD, reason=self._needed(expression, row))

    def _change(self, expression: Expression, row: RelativeRow) -> ShownChange | None:
        if expression.own_metric:
            return self.against.single(expression.measure, row.row, row.before, self.tail)
        return self.against.change(expression.measure, row.key, self.tail, row.among)

    def _needed(self, expression: Expression, row: RelativeRow) -> str:
        """Return how a change as large as the limit could be found."""
        times = self.against.times_requests(expression.measure, row.key, expression.value, self.tail, row.among)
        if math.isnan(times) or times <= 1:
            return "may be chance"
        if math.isinf(times):
            count = self.against.baselines_needed(expression.measure, row.key, expression.value, self.tail, row.among)
            what = f"some {count} baselines" if count else "a machine whose runs differ less"
            return f"may be chance; finding {expression.value:+g} % takes {what}"
        return (
            f"may be chance; finding {expression.value:+g} % takes {_two_digits(times * row.row.requests):,} requests"
        )


def _is_shown(expression: Expression, change: ShownChange) -> bool:
    direction = expression.direction
    return change.direction == direction if direction else expression.operator == "==" or change.direction != 0


def _apart(change: ShownChange | None) -> str:
    return "more than the other requests" if change and change.apart else ""


def _baseline(value: float, values: Sequence[float], change: ShownChange | None) -> float:
    """Return the central value of the baselines: the value without the change."""
    known = [one for one in values if not math.isnan(one)]
    if change and change.percent > -100 and value:
        return value / (1 + change.percent / 100)
    return geometric_mean(known) if min(known) > 0 else fmean(known)


def _two_digits(count: float) -> int:
    """Return a count with two significant digits, since it is an estimate."""
    step = 10 ** max(0, math.floor(math.log10(max(count, 1))) - 1)
    return int(math.ceil(count / step) * step)
