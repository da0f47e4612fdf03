"""Gates: expressions judged on the rows of a run, alone or against earlier runs. Pure.

A gate fails closed: it is met if the run is complete, every expression could be judged on every row that it selects,
and none holds. An expression that could not be judged is not met, unless :class:`Allow` names the cause.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from locust_push.core.labels import TOTAL, RowKey
from locust_push.results.baselines import Baselines
from locust_push.results.binomial import CONFIDENCE, binomial_interval
from locust_push.results.compare import unlike, unsteady
from locust_push.results.gate_expression import Expression
from locust_push.results.judgement import Allow, Judgement, Outcome
from locust_push.results.measures import Unit
from locust_push.results.model import CutShort, ResultRow, RunResults
from locust_push.results.own_metrics import own_row
from locust_push.results.relative import RelativeRow, RelativeRule
from locust_push.results.statistics.against import Against


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules for judging a run.

    Attributes:
        expressions: The conditions under which it fails.
        min_requests: Requests that a row needs for its response times to be judged; None for the rule of each measure.
        allow: Causes that may leave something unjudged.
        confidence: Share of runs in which nothing changed that no relative expression fails, all of them together.
    """

    expressions: Sequence[Expression]
    min_requests: int | None = None
    allow: frozenset[Allow] = frozenset()
    confidence: float = CONFIDENCE

    @property
    def tail(self) -> float:
        """Probability of a false alarm that each relative expression may have."""
        return (1 - self.confidence) / max(1, sum(half.relative for half in self.halves))

    @property
    def halves(self) -> list[Expression]:
        """The expressions; a range counts as two."""
        return [half for expression in self.expressions for half in expression.halves]

    @property
    def needs_baseline(self) -> bool:
        """Whether any expression is relative."""
        return any(expression.relative for expression in self.expressions)

    @property
    def own_metrics(self) -> tuple[str, ...]:
        """Names of the locustfile's metrics that are judged."""
        return tuple(dict.fromkeys(one.own_metric for one in self.expressions if one.own_metric))

    def least(self, expression: Expression) -> int:
        """Return how many requests a row needs for an expression to be judged."""
        least = expression.measure.least
        return least if self.min_requests is None or not least else self.min_requests

    def unjudged(self, cause: Allow | None) -> Outcome:
        """Return the outcome of an expression that could not be judged."""
        return Outcome.ALLOWED if {cause, Allow.UNJUDGED} & self.allow else Outcome.NOT_JUDGED


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of a gate.

    Attributes:
        run: The judged run.
        baselines: Its baselines; may be empty.
        judgements: One for each expression and row.
        warnings: Doubts about the verdict, a line each.
        problems: Why the run as a whole fails, whatever the expressions say, a line each.
    """

    run: RunResults
    baselines: tuple[RunResults, ...]
    judgements: tuple[Judgement, ...]
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether nothing failed, and everything required was judged."""
        return not self.problems and all(judgement.met for judgement in self.judgements)


def judge(gate: Gate, run: RunResults, baselines: Baselines | None = None) -> GateResult:
    """Judge a run."""
    sides = _Sides(run, baselines or Baselines())
    judgements = tuple(found for expression in gate.halves for found in _judge_expression(gate, expression, sides))
    warnings = tuple(_warnings(sides, judgements))
    return GateResult(run, sides.baselines.runs, judgements, warnings, tuple(_problems(gate, run)))


def _problems(gate: Gate, summary: RunResults) -> Iterator[str]:
    run, unfinished = summary.run, Allow.UNFINISHED in gate.allow
    # A gate that is only about metrics of the locustfile needs no requests, but these metrics.
    if not summary.aggregated.requests and not all(one.own_metric for one in gate.expressions):
        yield "the run made no requests" + (" after its warm-up" if run.warmup else "")
    if run.end_time is None and not unfinished:
        yield "the run has no end: it is in progress, it broke off, or its end was not delivered"
    if summary.lost_workers and not unfinished:
        yield f"{summary.lost_workers} of the workers were lost, with the data that they had not reported"
    if run.cut_short == CutShort.ABORTED:
        yield "the run was aborted: its --push-abort held"
    elif run.cut_short and not unfinished:
        yield f"the run was {run.cut_short} before its time was over"


class _Side:
    """A run or a baseline, with its rows by method and name."""

    def __init__(self, results: RunResults) -> None:
        self.results = results
        self.rows = {(row.method, row.name): row for row in (*results.rows, results.aggregated)}

    def row(self, expression: Expression, key: RowKey) -> ResultRow | None:
        """Return the row that an expression is judged on; None if this side does not have it."""
        if expression.own_metric:
            return own_row(expression.own_metric, expression.selects, self.results)
        return self.rows.get(key)


class _Sides:
    """A run and its baselines."""

    def __init__(self, run: RunResults, baselines: Baselines) -> None:
        self.baselines = baselines
        self.run = _Side(run)
        self._before = [_Side(one) for one in baselines.runs]
        self.against = Against(run, baselines.runs)

    def keys(self, expression: Expression) -> list[RowKey]:
        """Return the rows that an expression selects, for a relative one on both sides."""
        if expression.own_metric or not expression.selector:
            return [TOTAL]
        sides = (self.run, *(self._before if expression.relative else ()))
        keys = {key for side in sides for key in side.rows if key != TOTAL}
        selected = (key for key in keys if expression.selects({"method": key[0], "name": key[1]}))
        return sorted(selected, key=lambda key: (key[1], key[0]))

    def before(self, expression: Expression, key: RowKey) -> list[ResultRow]:
        """Return the row in each baseline that has it."""
        rows = (side.row(expression, key) for side in self._before)
        return [row for row in rows if row is not None]


def _judge_expression(gate: Gate, expression: Expression, sides: _Sides) -> Iterator[Judgement]:
    keys = sides.keys(expression)
    if not keys:
        yield _not_judged(gate, expression, _selected(expression), _Doubt("no request matches"))
    for key in keys:
        yield _judge_row(gate, expression, key, sides, len(keys))


def _selected(expression: Expression) -> str:
    return " ".join(matcher.text for matcher in expression.selector)


def _judge_row(gate: Gate, expression: Expression, key: RowKey, sides: _Sides, among: int) -> Judgement:
    row, before = sides.run.row(expression, key), sides.before(expression, key)
    label = " ".join(filter(None, key)) if not expression.own_metric else _selected(expression) or "all series"
    if row is None and expression.own_metric:
        return _not_judged(gate, expression, label, _Doubt("the run has no such metric"))
    if row is None:
        return _not_judged(gate, expression, label, _Doubt("in the baseline only", Allow.ONE_SIDED))
    value = expression.measure.read(row)
    doubt = _doubt(gate, expression, row) or _doubt_of_baseline(gate, expression, before, sides.baselines)
    if doubt:
        return _not_judged(gate, expression, label, doubt, value)
    if expression.relative:
        rule = RelativeRule(sides.against, gate.tail)
        return rule.decide(expression, RelativeRow(key, label, row, before, among))
    outcome = Outcome.FAILED if expression.exceeds(value, expression.value) else Outcome.MET
    return Judgement(expression, label, value, math.nan, expression.value, outcome)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Why an expression cannot be judged on a row, and the :class:`Allow` that would accept it."""

    reason: str
    cause: Allow | None = None


def _doubt(gate: Gate, expression: Expression, row: ResultRow) -> _Doubt | None:
    """Return why the run's own row is not enough to judge an expression; None if it is."""
    if math.isnan(expression.measure.read(row)):
        return _Doubt("nothing was measured")
    return _too_coarse(expression, row) or _too_few(gate, expression, row) or _may_be_chance(expression, row)


def _too_coarse(expression: Expression, row: ResultRow) -> _Doubt | None:
    bucket, show = expression.measure.coarse(row), expression.measure.show
    if bucket is None or not (expression.relative or bucket.lower < expression.value < bucket.upper):
        return None
    between = f"between {show(bucket.lower)} and {show(bucket.upper)}"
    return _Doubt(f"the pushed buckets only show that {expression.measure.name} lies {between}")


def _too_few(gate: Gate, expression: Expression, row: ResultRow) -> _Doubt | None:
    least = gate.least(expression)
    if row.requests >= least or (not expression.relative and _surely_slower(expression, row)):
        return None
    needs = f"{row.requests:,} requests are fewer than the {least:,} that {expression.measure.name} needs"
    return _Doubt(needs, Allow.FEW_REQUESTS)


def _surely_slower(expression: Expression, row: ResultRow) -> bool:
    """Return whether enough requests, though few, are slower than the limit to exclude chance."""
    if expression.operator not in {">", ">="} or expression.measure.share is None:
        return False
    counted = round(sum(bucket.requests for bucket in row.histogram))
    slower = round(sum(bucket.requests for bucket in row.histogram if bucket.lower >= expression.value))
    return counted > 0 and binomial_interval(slower, counted)[0] > 1 - expression.measure.share


def _may_be_chance(expression: Expression, row: ResultRow) -> _Doubt | None:
    """Return that a share of failures is above its limit, but with too few requests to exclude chance."""
    above = expression.operator in {">", ">="} and expression.exceeds(row.failure_percent, expression.value)
    if expression.relative or expression.measure.unit is not Unit.PERCENT or not above:
        return None
    lower, upper = (100 * bound for bound in binomial_interval(row.failures, row.requests))
    interval = f"{row.failures:,} of {row.requests:,} requests failed, which estimates {lower:.2g} to {upper:.2g} %"
    chance = _Doubt(f"{interval} ({CONFIDENCE:.0%} interval), and the limit is among them", Allow.FEW_REQUESTS)
    return chance if lower < expression.value else None


def _doubt_of_baseline(
    gate: Gate, expression: Expression, before: Sequence[ResultRow], baselines: Baselines
) -> _Doubt | None:
    """Return why the baselines are not enough to judge a relative expression; None if they are."""
    if not expression.relative:
        return None
    if not baselines.runs:
        return _Doubt(baselines.problem or "there is no baseline", Allow.NO_BASELINE if baselines.none_yet else None)
    if not before:
        return _Doubt("in this run only", Allow.ONE_SIDED)
    coarse = next(filter(None, (_too_coarse(expression, row) for row in before)), None)
    least, requests = gate.least(expression), median(row.requests for row in before)
    if requests < least:
        return _Doubt(f"the baseline has {requests:,g} requests, {least:,} are needed", Allow.FEW_REQUESTS)
    if all(math.isnan(expression.measure.read(row)) for row in before):
        return _Doubt("the baseline measured nothing")
    return _Doubt(f"in the baseline {coarse.reason}") if coarse else None


def _not_judged(gate: Gate, expression: Expression, label: str, doubt: _Doubt, value: float = math.nan) -> Judgement:
    outcome = gate.unjudged(doubt.cause)
    return Judgement(expression, label, value, math.nan, math.nan, outcome, doubt.reason, doubt.cause)


def _warnings(sides: _Sides, judgements: Sequence[Judgement]) -> Iterator[str]:
    yield from sides.baselines.notes
    if sides.baselines.problem and not any(judgement.expression.relative for judgement in judgements):
        yield sides.baselines.problem
    for baseline in sides.baselines.runs:
        yield from unlike(baseline, sides.run.results)
    relative = (one.expression for one in judgements if one.expression.relative and not one.expression.selector)
    yield from unsteady(sides.run.results, [one.measure for one in relative if not one.own_metric])
    if judgements and all(judgement.outcome is Outcome.ALLOWED for judgement in judgements):
        yield "nothing was judged"
