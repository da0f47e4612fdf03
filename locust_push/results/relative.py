"""Whether a row changed against its baselines: the one place where an expression that is relative is decided. Pure.

With several baselines the row has a baseline value, their median, and a spread around it: three times the median
absolute deviation, scaled by 1.4826 to be a standard deviation where values are normal (P. J. Rousseeuw, C. Croux,
"Alternatives to the Median Absolute Deviation", JASA 88, 1993; the three is the limit of C. Leys et al., "Detecting
outliers", J. Exp. Soc. Psychology 49, 2013). So one bad baseline in five moves neither. A change within the spread is
what such runs do by themselves, and does not fail. With one or two equal baselines the spread is 0.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from locust_push.results.gate_expression import Expression
from locust_push.results.judgement import Judgement, Outcome
from locust_push.results.model import ResultRow

_SCALED = 1.4826
_SPREAD_FACTOR = 3.0


def decide_relative(expression: Expression, label: str, row: ResultRow, before: Sequence[ResultRow]) -> Judgement:
    """Judge a row against the same row of the baselines.

    Args:
        expression: Relative, and no range.
        label: Of the row.
        row: Of the run; its value is known.
        before: Of each baseline that has it; at least one of their values is known.
    """
    value = expression.measure.read(row)
    values = [known for known in map(expression.measure.read, before) if not math.isnan(known)]
    baseline, spread = median(values), values_spread(values)
    limit = baseline * (1 + expression.value / 100)
    made = Judgement(expression, label, value, baseline, spread, limit, Outcome.MET)
    if not expression.exceeds(value, limit):
        return made
    if abs(value - baseline) <= expression.floor:
        return replace(made, reason=f"below the floor of {expression.measure.show(expression.floor)}")
    if abs(value - baseline) <= spread:
        return replace(made, outcome=Outcome.WITHIN_SPREAD)
    return replace(made, outcome=Outcome.FAILED)


def values_spread(values: Sequence[float]) -> float:
    """Return how far from their median values lie by themselves; see the module's docstring."""
    middle = median(values)
    return _SPREAD_FACTOR * _SCALED * median(abs(value - middle) for value in values)
