"""Judges whether a run belongs to a lasting change for the worse, by the change points of the runs up to it. Pure.

A gate compares a run with a few before it, and so does not detect gradual changes. Here the level of the runs since the
last change point is compared with the best level of any part of the series.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from locust_push.core.labels import TOTAL, RowKey
from locust_push.results.gate import Gate
from locust_push.results.gate_expression import Expression
from locust_push.results.judgement import Allow, Judgement, Outcome
from locust_push.results.model import RunResults
from locust_push.results.statistics.against import ShownChange, row_of
from locust_push.results.trend import Trend, TrendChange, trend

FEWEST = 6
"""Fewest runs for a trend."""


@dataclass(frozen=True, slots=True)
class TrendGate:
    """The rules for judging the newest of many runs.

    Attributes:
        gate: Causes that may leave something unjudged, and the confidence for all trends together.
        expressions: Relative ones, of which none is a range.
        problem: Why the runs before it cannot be read; empty if they can.
    """

    gate: Gate
    expressions: Sequence[Expression]
    problem: str = ""

    def judge(self, runs: Sequence[RunResults]) -> Iterator[Judgement]:
        """Yield the judgement of each expression on each row that it selects; the run that is judged is the last."""
        for expression in self.expressions:
            shown, keys = replace(expression, text=f"trend {expression.text}"), selected_rows(runs[-1:], expression)
            level = (1 - self.gate.confidence) / len(self.expressions) / max(1, len(keys))
            if not keys:
                yield self._not_judged(shown, "", "no request matches", None)
            for key in keys:
                yield self._judge_row(shown, trend(runs, expression.measure, key, level), runs[-1], key)

    def _judge_row(self, expression: Expression, found: Trend, run: RunResults, key: RowKey) -> Judgement:
        row = row_of(run, key)
        if self.problem:
            return self._not_judged(expression, found.label, self.problem, None)
        if row is None or run.run not in found.runs:
            return self._not_judged(expression, found.label, "too few requests", Allow.FEW_REQUESTS)
        if len(found.runs) < FEWEST:
            few = f"{len(found.runs)} runs have these parameters; a trend needs {FEWEST}"
            return self._not_judged(expression, found.label, few, Allow.NO_BASELINE)
        rise, since = found.rise(expression.direction)
        return _judgement(expression, found, expression.measure.read(row), rise, since)

    def _not_judged(self, expression: Expression, label: str, reason: str, cause: Allow | None) -> Judgement:
        outcome = self.gate.unjudged(cause)
        return Judgement(expression, label, math.nan, math.nan, math.nan, outcome, reason, cause)


def _judgement(expression: Expression, found: Trend, value: float, rise: float, since: TrendChange | None) -> Judgement:
    baseline = value / (1 + rise / 100)
    limit = baseline * (1 + expression.value / 100)
    change = ShownChange(rise, math.nan, math.nan, expression.direction if since else 0, len(found.runs) - 1)
    failed = since and expression.exceeds(value, limit) and abs(value - baseline) > expression.floor
    reason = f"since {since.named}" if since else ""
    outcome = Outcome.FAILED if failed else Outcome.MET
    return Judgement(expression, found.label, value, baseline, limit, outcome, reason, change=change)


def selected_rows(runs: Sequence[RunResults], expression: Expression) -> list[RowKey]:
    """Return the rows that an expression selects in any of the runs, by name and method."""
    if not expression.selector:
        return [TOTAL]
    keys = {(row.method, row.name) for one in runs for row in one.rows}
    selected = (key for key in keys if expression.selects({"method": key[0], "name": key[1]}))
    return sorted(selected, key=lambda key: (key[1], key[0]))
