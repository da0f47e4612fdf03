"""``locust-push trend``: the runs after which a measure changed for good."""

from collections.abc import Sequence
from typing import Any

import click

from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.output import say
from locust_push.cli.parameters import checked
from locust_push.cli.reading import open_source, reading_options
from locust_push.config.values import confidence
from locust_push.core.labels import TOTAL, RowKey
from locust_push.documents.trends import trend_document, trend_grid, trend_sentence
from locust_push.results.gate_expression import Expression, GateSyntaxError, parse
from locust_push.results.model import RunResults
from locust_push.results.trend import runs_of_trend
from locust_push.results.trend import trend as trend_of

_FEWEST = 6
"""Runs below which there is no trend."""


@click.command()
@click.argument("metric", default="shift")
@click.option(
    "--last", type=click.IntRange(min=_FEWEST), default=50, show_default=True, help="Largest number of runs to read."
)
@click.option(
    "--until", default="latest", show_default=True, metavar="RUN", help="The newest run; others need its parameters."
)
@click.option(
    "--confidence",
    "level",
    callback=checked(confidence),
    default="99%",
    show_default=True,
    metavar="PERCENT",
    help="Confidence that a change must have.",
)
@format_option
@reading_options
def trend(metric: str, last: int, until: str, level: float, *, form: str, **reading: Any) -> None:
    """Show the runs after which METRIC changed for good, among the last ones with the same parameters.

    METRIC is a measure of gate expressions, with a selector or without: shift, p95, 'p95{name=*}'. It finds slow drifts
        that no gate finds, because each run is like the one before it. Runs that did not meet their gates are included.

    Exit codes: 0 success, whatever changed; 1 there are too few runs, or the store did not answer; 2 wrong usage.
    """
    expression = _metric(metric)
    with open_source(**reading) as source:
        runs = runs_of_trend(source, source.find(until), last)
    if len(runs) < _FEWEST:
        raise click.ClickException(f"{len(runs)} runs have these parameters; a trend needs {_FEWEST}")
    trends = [trend_of(runs, expression.measure, key, 1 - level) for key in _keys(runs, expression)]
    if form == "json":
        print_json(trend_document(trends, metric))
        return
    say(trend_sentence(trends, metric))
    if any(one.changes for one in trends):
        say("")
        print_grid(trend_grid(trends), form)


def _metric(text: str) -> Expression:
    """Return an expression with the measure and the selector of a text."""
    try:
        expression = parse(f"{text} > +1%")
    except GateSyntaxError as error:
        raise click.BadParameter(error.problem, param_hint="METRIC") from None
    if expression.own_metric:
        raise click.BadParameter(
            "metrics of the locustfile are not supported; give a measure of requests, such as p95", param_hint="METRIC"
        )
    return expression


def _keys(runs: Sequence[RunResults], expression: Expression) -> list[RowKey]:
    if not expression.selector:
        return [TOTAL]
    keys = {(row.method, row.name) for one in runs for row in one.rows}
    selected = [key for key in keys if expression.selects({"method": key[0], "name": key[1]})]
    if not selected:
        raise click.ClickException(f"no request matches {expression.text.removesuffix(' > +1%')}")
    return sorted(selected, key=lambda key: (key[1], key[0]))
