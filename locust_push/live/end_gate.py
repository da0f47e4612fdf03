"""The gate at the end of a run, in the master or local process: ``--push-gate`` without a second command.

The run is judged by the data in this process's memory, so that an absolute gate needs no store. Only baselines are read
from elsewhere: from ``--push-baseline-from`` or ``LOCUST_PUSH_FROM``, or else from the place that the run is pushed to,
if it can be read.
"""

import logging

from locust_push.config.errors import ConfigurationError
from locust_push.core.clock import TimeLimit
from locust_push.documents.tables import gate_grid, gate_hints, gate_sentence, plain_text
from locust_push.live.stored_runs import readable_place, stored_runs
from locust_push.options.settings import Settings
from locust_push.results.baselines import BaselineChoice, Baselines, held_against
from locust_push.results.gate import Gate, GateResult, judge
from locust_push.results.gate_expression import Expression, GateSyntaxError, parse
from locust_push.results.judgement import Allow
from locust_push.results.measures import MEASURES
from locust_push.results.model import RunResults

logger = logging.getLogger(__name__)

_GATE, _BASELINE, _ALLOW = "--push-gate", "--push-baseline", "--push-gate-allow"


def check_gate(settings: Settings, *, by_master: bool) -> None:
    """Check before the run that it can be judged at its end.

    Raises:
        ConfigurationError: An expression cannot be read, is relative without a baseline, or is about a metric of the
            locustfile
            and ``by_master``, which does not have those of its workers.
    """
    gate = gate_of(settings)
    relative = next((one for one in gate.expressions if one.relative), None)
    own = next((one for one in gate.expressions if one.own_metric), None)
    if own and by_master:
        fix = "judge it after the run with locust-push gate"
        raise ConfigurationError(_GATE, own.text, "is about a metric of the workers, which their master lacks", fix)
    if relative and not settings.baseline:
        raise ConfigurationError(_GATE, relative.text, "is relative to a baseline", f"add {_BASELINE} latest:5")
    if relative and readable_place(settings) is None:
        raise ConfigurationError(
            _BASELINE, settings.baseline, "needs a store, and no --push-url can be queried", "set --push-baseline-from"
        )


def gate_of(settings: Settings) -> Gate:
    """Return the gate of a run.

    Raises:
        ConfigurationError: An expression, or a cause to allow, cannot be read.
    """
    allow = frozenset(map(_allowed, settings.gate_allow))
    expressions = [_parsed(text) for text in settings.gates]
    return Gate(expressions, settings.gate_min_requests, allow, settings.gate_confidence)


def more_quantiles(settings: Settings) -> list[str]:
    """Return the quantiles that the gates of a run need besides the usual ones, as values of the label."""
    measures = {one.measure.name: one.measure.share for one in gate_of(settings).expressions if not one.own_metric}
    return [repr(share) for name, share in measures.items() if share is not None and name not in MEASURES]


def judge_at_end(settings: Settings, summary: RunResults, limit: TimeLimit) -> GateResult:
    """Judge a run and log the verdict as a table. Expressions that need an unreadable baseline are not met.

    Args:
        settings: With gates that :func:`check_gate` has seen.
        summary: The results of the run.
        limit: Bounds each request to a store.
    """
    gate = gate_of(settings)
    baselines = Baselines()
    if settings.baseline and (gate.needs_baseline or settings.reports):
        choice = BaselineChoice(settings.baseline, dict(settings.baseline_match))
        baselines = held_against(stored_runs(settings, limit), summary.run, choice, gate.own_metrics)
    result = judge(gate, summary, baselines)
    _log(result)
    return result


def _log(result: GateResult) -> None:
    for line in result.warnings:
        logger.warning("locust-push: gate: %s", line)
    table = "\n".join((*plain_text(gate_grid(result)), *gate_hints(result, _ALLOW)))
    level = logging.INFO if result.met else logging.ERROR
    logger.log(level, "locust-push: gate: %s\n%s", gate_sentence(result), table)


def _allowed(text: str) -> Allow:
    try:
        return Allow(text)
    except ValueError:
        known = ", ".join(Allow)
        raise ConfigurationError(_ALLOW, text, "is not known", f"give one of {known}") from None


def _parsed(text: str) -> Expression:
    try:
        return parse(text)
    except GateSyntaxError as error:
        problem = f"{error.problem}, at character {error.position + 1}"
        raise ConfigurationError(_GATE, text, problem, "see docs/comparing.md") from None
