"""``locust-push gate``: fail a build when a run is not good enough."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.output import say, warn
from locust_push.cli.reading import open_source, read_run, reading_options, unfinished_option
from locust_push.documents.json_values import gate_document
from locust_push.documents.tables import gate_grid
from locust_push.results.baselines import read_baselines
from locust_push.results.gate import DEFAULT_MIN_REQUESTS, Gate, judge
from locust_push.results.gate_expression import Expression, GateSyntaxError, parse

F = TypeVar("F", bound=Callable[..., Any])

NOT_MET = 3
"""Exit code."""


class _ExpressionType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A gate expression."""

    name = "expression"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Expression:
        try:
            return value if isinstance(value, Expression) else parse(str(value))
        except GateSyntaxError as error:
            self.fail(str(error), param, ctx)


def fail_if_option(*, required: bool) -> Callable[[F], F]:
    """Return ``--fail-if``."""
    return click.option(
        "--fail-if",
        "expressions",
        type=_ExpressionType(),
        multiple=True,
        required=required,
        metavar="EXPR",
        help="When the run fails, such as 'p95 > 800ms', 'p95 > +10% and +20ms' or 'error_rate{name=*} > 2%'. "
        "Repeatable.",
    )


def judging_options(command: F) -> F:
    """Add what a gate takes beside its expressions: ``--min-requests`` and ``--strict``."""
    strict = click.option("--strict", is_flag=True, help="Fail where a request is in RUN only or in the baseline only.")
    min_requests = click.option(
        "--min-requests",
        type=click.IntRange(min=0),
        default=DEFAULT_MIN_REQUESTS,
        show_default=True,
        help="Requests with fewer are shown, and not judged.",
    )
    return min_requests(strict(command))


@click.command()
@click.argument("run")
@fail_if_option(required=True)
@click.option(
    "--baseline",
    metavar="RUNS",
    help="What + and - are relative to: runs with commas between them, or latest:N, the N newest runs before RUN with "
    "the same parameters. Of several runs the median counts, and a change within their spread does not fail.",
)
@judging_options
@unfinished_option
@format_option
@reading_options
def gate(
    run: str,
    expressions: Sequence[Expression],
    baseline: str | None,
    min_requests: int,
    *,
    strict: bool,
    unfinished: bool,
    form: str,
    **reading: Any,
) -> None:
    """Judge RUN: end with code 3 if any expression holds.

    RUN is the ID of a run, latest, or latest~N for the N-th before it. docs/comparing.md tells what an expression is.

    Exit codes: 0 good; 1 there is no such run, it has no requests or is going on, or the store did not answer; 2 wrong
    usage; 3 the gate was not met.
    """
    rules = gate_rules(expressions, min_requests, baseline, strict=strict)
    with open_source(**reading) as source:
        summary = read_run(source, run, unfinished=unfinished)
        baselines = read_baselines(source, summary.run, baseline or "", partial(read_run, source))
    if baseline and not baselines:
        warn("Warning: no earlier run has the same parameters, so there is no baseline.")
    result = judge(rules, summary, baselines)
    for line in result.warnings:
        warn(f"Warning: {line}.")
    if form == "json":
        print_json(gate_document(result))
    else:
        print_grid(gate_grid(result), form)
        against = ", ".join(one.run.run_id for one in baselines) or "no baseline"
        say(f"\n{'Met' if result.met else 'NOT MET'}: run {summary.run.run_id} against {against}.")
    if not result.met:
        raise click.exceptions.Exit(NOT_MET)


def gate_rules(expressions: Sequence[Expression], min_requests: int, baseline: str | None, *, strict: bool) -> Gate:
    """Return the gate that options describe.

    Raises:
        click.UsageError: It needs a baseline, and there is none.
    """
    rules = Gate(expressions, min_requests, strict=strict)
    if rules.needs_baseline and not baseline:
        raise click.UsageError("an expression is relative (+ or -): give --baseline RUNS or --baseline latest:5")
    return rules
