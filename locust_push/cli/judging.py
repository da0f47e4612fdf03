"""What the commands that judge a run have in common: the options of a gate, and judging by them.

The options and their effects are those of Locust's ``--push-gate`` and its companions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import click

from locust_push.cli.output import warn
from locust_push.cli.parameters import checked, checked_if_given, source_url
from locust_push.cli.reading import ended_run, open_source, opened_source, warmup_option
from locust_push.config.values import confidence, label_pair
from locust_push.delivery.run_file import note_in_run_file
from locust_push.outputs.archive.destination import ARCHIVE, folder_of
from locust_push.outputs.registry import target
from locust_push.results.baselines import BaselineChoice, Baselines, held_against
from locust_push.results.gate import Gate, GateResult, judge
from locust_push.results.gate_expression import Expression, GateSyntaxError, parse
from locust_push.results.judgement import Allow, Judgement
from locust_push.results.model import RunResults
from locust_push.results.source import RunSource
from locust_push.results.sources.query_api import StoreError
from locust_push.results.trend import LAST, runs_before
from locust_push.results.trend_gate import TrendGate

F = TypeVar("F", bound=Callable[..., Any])

NOT_MET = 3
"""Exit code of a gate that was not met."""


class _ExpressionType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A gate expression."""

    name = "expression"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Expression:
        try:
            return value if isinstance(value, Expression) else parse(str(value))
        except GateSyntaxError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True)
class Judging:
    """The options of a gate.

    Attributes:
        expressions: When a run fails.
        trends: When it fails by the change points of the runs before it.
        baseline: What ``+`` and ``-`` are relative to; None for nothing.
        baseline_from: Where baselines are read; None for the place that the run is read from.
        baseline_match: Labels of the runs of ``latest:N``.
        min_requests: Requests that response times need; None for the rule of each measure.
        allow: Causes that may leave something unjudged.
        confidence: Share of runs in which nothing changed that no relative expression fails.
        unfinished: Whether a run that is in progress, broke off or was interrupted is judged as it is.
        warmup: Seconds at the beginning of each run that are excluded; None for those that it was run with.
    """

    expressions: Sequence[Expression]
    trends: Sequence[Expression]
    baseline: str | None
    baseline_from: str | None
    baseline_match: Sequence[tuple[str, str]]
    min_requests: int | None
    allow: Sequence[str]
    confidence: float
    unfinished: bool
    warmup: float | None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> "Judging":
        """Return the options about judging, which are removed from ``options``."""
        return cls(**{each.name: options.pop(each.name) for each in fields(cls)})

    @property
    def gate(self) -> Gate:
        """The rules."""
        allow = {Allow(each) for each in self.allow} | ({Allow.UNFINISHED} if self.unfinished else set())
        return Gate(self.expressions, self.min_requests, frozenset(allow), self.confidence)

    def check(self) -> None:
        """Refuse a relative expression if there is no baseline, and a trend that is no change of a measure.

        Raises:
            click.UsageError: One is.
        """
        for one in self.trends:
            if not one.relative or not one.direction or one.above or one.own_metric:
                raise click.UsageError(f"--trend {one.text} has to be a change of a measure, such as 'shift > +5%'")
        if self.gate.needs_baseline and not self.baseline:
            raise click.UsageError("an expression is relative (+ or -): give --baseline RUNS or --baseline latest:5")


def judging_options(command: F) -> F:
    """Add the options of a gate to a command."""
    options = (
        click.option(
            "--fail-if",
            "expressions",
            type=_ExpressionType(),
            multiple=True,
            metavar="EXPR",
            help="When the run fails, such as 'p95 > 800ms', 'p95 > +10% and +20ms' or 'error_rate{name=*} > 2%'. "
            "Repeatable.",
        ),
        click.option(
            "--trend",
            "trends",
            type=_ExpressionType(),
            multiple=True,
            metavar="EXPR",
            help=f"When the run fails by the change points of the last {LAST} runs, such as 'shift > +5%': since a "
            "lasting change the measure is so much worse than it was before for good. Finds slow drifts. Repeatable.",
        ),
        click.option(
            "--baseline",
            metavar="RUNS",
            help="What + and - are relative to: run IDs with commas between them, or latest:N, the N newest good runs "
            "before RUN with the same parameters.",
        ),
        click.option(
            "--baseline-from",
            callback=checked_if_given(source_url),
            metavar="URL",
            help="Where baselines are read. Default: --from.",
        ),
        click.option(
            "--baseline-match",
            callback=checked(label_pair),
            multiple=True,
            metavar="NAME=VALUE",
            help="Label that the runs of latest:N must have, such as git_branch=main. Repeatable. Default: --match.",
        ),
        click.option(
            "--min-requests",
            type=click.IntRange(min=1),
            help="Requests that a row needs for its response times to be judged. Default: what each measure needs, "
            "such as 100 for p95 and 500 for p99.",
        ),
        click.option(
            "--allow",
            type=click.Choice([each.value for each in Allow]),
            multiple=True,
            help="What may keep an expression or a run from being judged without failing the gate: no-baseline for the "
            "first run of a project. Repeatable.",
        ),
        click.option(
            "--confidence",
            callback=checked(confidence),
            default="99%",
            show_default=True,
            metavar="PERCENT",
            help="Share of runs in which nothing changed that do not fail any relative expression.",
        ),
    )

    for option in reversed(options):
        command = option(command)
    return warmup_option(command)


def judged(name: str, options: Judging, reading: Mapping[str, Any]) -> GateResult:
    """Read a run and its baselines, and judge it; the remaining options say where the run is read.

    Raises:
        click.ClickException: There is no such run, it is in progress, or its source does not answer.
    """
    options.check()
    with open_source(**reading) as source:
        run = ended_run(source, name, unfinished=options.unfinished)
        summary = source.read(run.run_id, options.gate.own_metrics, options.warmup)
    baselines = _baselines(summary, options, reading) if options.baseline else Baselines()
    result = judge(options.gate, summary, baselines)
    return replace(result, judgements=(*result.judgements, *_by_trend(summary, options, reading)))


def record_verdict(result: GateResult, source: str) -> None:
    """Store the verdict with a run of an archive, so that a run which did not meet its gate is not used as a baseline.

    A store is only read from: there ``--push-gate`` stores the verdict, at the end of the run.
    """
    place = target("--from", source)
    if place.protocol == ARCHIVE:
        try:
            note_in_run_file(folder_of(place) / result.run.run.run_id, gate_met=result.met)
        except (OSError, ValueError) as error:
            warn(f"Warning: the verdict could not be stored in the archive: {error}.")


def _baselines(summary: RunResults, options: Judging, reading: Mapping[str, Any]) -> Baselines:
    choice = BaselineChoice(options.baseline or "", _match(options, reading))
    return held_against(_place(options, reading), summary.run, choice, options.gate.own_metrics)


def _by_trend(summary: RunResults, options: Judging, reading: Mapping[str, Any]) -> Iterator[Judgement]:
    if not options.trends:
        return
    runs, problem = [], ""
    try:
        with _place(options, reading) as source:
            runs = runs_before(source, summary.run, _match(options, reading), LAST - 1)
    except (StoreError, OSError) as error:
        problem = f"the runs before it cannot be read: {error}"
    yield from TrendGate(options.gate, options.trends, problem).judge([*runs, summary])


def _match(options: Judging, reading: Mapping[str, Any]) -> dict[str, str]:
    return dict(options.baseline_match or reading["match"])


def _place(options: Judging, reading: Mapping[str, Any]) -> AbstractContextManager[RunSource]:
    return opened_source(**{**reading, "source": options.baseline_from or reading["source"], "match": ()})
