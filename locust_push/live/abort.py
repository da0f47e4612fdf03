"""``--push-abort`` ends a run early, by conditions that are checked at each tick on the last seconds."""

import logging
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from locust_push.config.errors import ConfigurationError
from locust_push.config.values import duration
from locust_push.core.labels import TOTAL
from locust_push.core.snapshot import Snapshot
from locust_push.core.window import Rates
from locust_push.live.run_description import RunDescription
from locust_push.results.gate_expression import Expression, GateSyntaxError, parse
from locust_push.results.model import CutShort, Precision, PrecisionSource, ResultRow

logger = logging.getLogger(__name__)

_ABORT = "--push-abort"
_FOR = re.compile(r"(?P<expression>.*)\s+for\s+(?P<time>\S+)\s*")
_WATCHED = ("rps", "error_rate")
"""The measures of the last seconds, besides percentiles."""


@dataclass(frozen=True, slots=True)
class AbortRule:
    """A condition under which a run is ended.

    Attributes:
        expression: The condition.
        seconds: How long it must hold continuously.
    """

    expression: Expression
    seconds: float


def abort_rule(text: str) -> AbortRule:
    """Return the rule in a text such as ``error_rate > 50% for 10s``.

    Raises:
        ConfigurationError: It is not a rule, or not about the last seconds of all requests.
    """
    match = _FOR.fullmatch(text)
    seconds = duration(_ABORT, match["time"]) if match else 0.0
    try:
        expression = parse(match["expression"] if match else text)
    except GateSyntaxError as error:
        problem = f"{error.problem}, at character {error.position + 1}"
        raise ConfigurationError(_ABORT, text, problem, "write it like error_rate > 50% for 10s") from None
    watched = expression.measure.share is not None or expression.measure.name in _WATCHED
    if expression.relative or expression.selector or expression.own_metric or not watched:
        problem = "is not about the last seconds of all requests"
        raise ConfigurationError(_ABORT, text, problem, "watch a percentile, rps or error_rate, without a selector")
    return AbortRule(expression, seconds)


class Abort:
    """Checks the rules for one run, in the master or local process."""

    def __init__(
        self,
        rules: Sequence[AbortRule],
        grace: float,
        description: RunDescription,
        *,
        rates: Callable[[Sequence[float]], Rates],
        end_run: Callable[[], None],
    ) -> None:
        """Check these rules.

        Args:
            rules: Any of them ends the run.
            grace: Seconds after the start of the run in which the rules are not checked.
            description: The run, which is marked as aborted.
            rates: Returns the rates of the last seconds, and percentiles for these shares.
            end_run: Ends the run.
        """
        self._halves = [(half, rule) for rule in rules for half in rule.expression.halves]
        self._since: list[float | None] = [None] * len(self._halves)
        self._grace = grace
        self._description = description
        self._rates = rates
        self._end_run = end_run

    def observe(self, snapshot: Snapshot) -> None:
        """Check the last seconds at each snapshot; end the run if a rule has held for long enough."""
        now = snapshot.timestamp_ms / 1000
        if self._description.over or self._description.cut_short or now < self._description.start_time + self._grace:
            return
        for number, (half, rule) in enumerate(self._halves):
            rates = self._rates([half.measure.share or 0.5])
            if math.isnan(rates.requests_per_second):
                return  # the run is too young for a rate
            row = _row(half, rates)
            value = half.measure.read(row)
            held = half.exceeds(value, half.value)
            since = self._since[number] = (self._since[number] or now) if held else None
            if since is not None and now - since >= rule.seconds:
                self._abort(half, value)
                return

    def _abort(self, half: Expression, value: float) -> None:
        self._description.cut_short = CutShort.ABORTED
        shown = half.measure.show(value, half.value)
        logger.error("locust-push: %s %s: %s is %s; the run is ended", _ABORT, half.text, half.measure.name, shown)
        self._end_run()


def _row(half: Expression, rates: Rates) -> ResultRow:
    """Return the last seconds as a row."""
    times = {half.measure.name: rates.percentiles[0]}
    requests, failures = rates.requests_per_second, rates.failures_per_second
    # Only the ratio of counts is read: they are per thousand seconds, so that whole numbers are precise enough.
    counts = round(1000 * requests), round(1000 * failures)
    return ResultRow(*TOTAL, *counts, requests, times, precision=Precision(PrecisionSource.SUMMARY, None))
