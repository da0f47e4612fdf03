"""The gate at the end of a run, in the process that speaks for it: ``--push-gate`` without a second command.

The run is judged by what this process has in memory, so that an absolute gate needs no store and waits for none. Only
baselines are read from somewhere: from ``--push-baseline-from`` or ``LOCUST_PUSH_FROM``, or else from where the run
itself is pushed to, if that can be read from.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from locust_push.config.errors import ConfigurationError
from locust_push.config.targets import Protocol, Target
from locust_push.core.clock import TimeLimit
from locust_push.delivery.http import HttpTransport
from locust_push.documents.tables import gate_grid, plain_text
from locust_push.options.settings import Settings
from locust_push.results.baselines import read_baselines
from locust_push.results.gate import Gate, GateResult, judge
from locust_push.results.gate_expression import Expression, GateSyntaxError, parse
from locust_push.results.model import RunResults
from locust_push.results.names import UnknownRunError
from locust_push.results.source import RunSource
from locust_push.results.sources.archive import Archive
from locust_push.results.sources.prometheus import PrometheusRuns
from locust_push.results.sources.query_api import QueryApi, StoreError, query_url

logger = logging.getLogger(__name__)

_GATE, _BASELINE = "--push-gate", "--push-baseline"


def check_gate(settings: Settings | None) -> None:
    """Find out before the run whether it can be judged at its end.

    Raises:
        ConfigurationError: An expression cannot be read, or is relative to nothing.
    """
    if settings is None or not settings.gates:
        return
    expressions = [_parsed(text) for text in settings.gates]
    relative = next((one for one in expressions if one.relative), None)
    if relative and not settings.baseline:
        raise ConfigurationError(_GATE, relative.text, "is relative to a baseline", f"add {_BASELINE} latest:5")
    if relative and _place(settings) is None:
        raise ConfigurationError(
            _BASELINE, settings.baseline, "can be read from no --push-url", "name a store with --push-baseline-from"
        )


def judge_at_end(settings: Settings, summary: RunResults, time_limit: TimeLimit) -> GateResult:
    """Judge a run and log the verdict as a table. Baselines that cannot be read cost a warning, and are then none.

    Args:
        settings: With gates that :func:`check_gate` has seen.
        summary: The results of the run.
        time_limit: Bounds each request to a store.
    """
    gate = Gate([_parsed(text) for text in settings.gates])
    baselines: Sequence[RunResults] = ()
    if gate.needs_baseline:
        try:
            with _source(settings, time_limit) as source:
                baselines = read_baselines(source, summary.run, settings.baseline or "", source.read)
        except (UnknownRunError, StoreError, OSError) as error:
            logger.warning("locust-push: the baseline cannot be read: %s", error)
    result = judge(gate, summary, baselines)
    _log(result)
    return result


def _log(result: GateResult) -> None:
    for line in result.warnings:
        logger.warning("locust-push: gate: %s", line)
    verdict = "met" if result.met else "NOT MET"
    against = ", ".join(one.run.run_id for one in result.baselines) or "no baseline"
    table = "\n".join(plain_text(gate_grid(result)))
    level = logging.INFO if result.met else logging.ERROR
    logger.log(level, "locust-push: run %s: gate %s, against %s\n%s", result.run.run.run_id, verdict, against, table)


def _parsed(text: str) -> Expression:
    try:
        return parse(text)
    except GateSyntaxError as error:
        problem = f"{error.problem}, at character {error.position + 1}"
        raise ConfigurationError(_GATE, text, problem, "docs/comparing.md tells how it is written") from None


def _place(settings: Settings) -> Target | None:
    """Return where baselines are: where that was said, else the first place pushed to that can be read from."""
    if settings.baseline_from is not None:
        return settings.baseline_from
    return next((target for target in settings.targets if _readable(target)), None)


def _readable(target: Target) -> bool:
    return target.protocol is Protocol.ARCHIVE or query_url(target.url) is not None


@contextmanager
def _source(settings: Settings, time_limit: TimeLimit) -> Iterator[RunSource]:
    place = _place(settings)
    if place is None:
        raise UnknownRunError("there is no place to read it from")
    if place.protocol is Protocol.ARCHIVE:
        yield Archive(place.directory, lambda problem: logger.warning("locust-push: %s", problem))
        return
    transport = HttpTransport(settings.endpoint(place), time_limit, time.time)
    try:
        yield PrometheusRuns(QueryApi(transport, query_url(place.url) or place.url), time.time)
    finally:
        transport.close()
