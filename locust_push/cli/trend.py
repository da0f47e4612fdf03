"""``locust-push trend``: the runs after which a measure changed for good."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from locust_push.cli.connection import CONNECTION, Connection, connect
from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.output import say
from locust_push.cli.parameters import checked
from locust_push.cli.reading import open_source, reading_options
from locust_push.cli.trend_delivery import send_changes, send_message
from locust_push.config.channels import channel_url
from locust_push.config.values import confidence
from locust_push.delivery.files import write_whole
from locust_push.documents.trend_page import render
from locust_push.documents.trends import trend_document, trend_grid, trend_sentence
from locust_push.options.table import BY_NAME
from locust_push.outputs.remote_write.destination import REMOTE_WRITE
from locust_push.results.gate_expression import Expression, GateSyntaxError, parse
from locust_push.results.model import RunResults
from locust_push.results.trend import LAST, Trend, runs_of_trend
from locust_push.results.trend import trend as trend_of
from locust_push.results.trend_gate import FEWEST, selected_rows


@click.command()
@click.argument("metric", default="shift")
@click.option(
    "--last",
    type=click.IntRange(min=FEWEST),
    default=LAST,
    show_default=True,
    help="Largest number of runs to read.",
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
    help="Confidence that all changes together must have.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a page with a chart, which needs no network and no scripts.",
)
@click.option(
    "--notify",
    "channels",
    callback=checked(channel_url),
    multiple=True,
    metavar="URL",
    help="Also send a message if the newest run shows a change that those before it did not show: the URL of a "
    "channel, as of a run's --push-notify. Repeatable.",
)
@click.option(
    "--push-url",
    "receiver",
    metavar="URL",
    help="Also send the changes to this remote-write receiver, for the History dashboard.",
)
@format_option
@reading_options
def trend(
    metric: str,
    *,
    last: int,
    until: str,
    level: float,
    html: Path | None,
    channels: Sequence[str],
    receiver: str | None,
    form: str,
    **reading: Any,
) -> None:
    """Show the runs after which METRIC changed for good, among the last ones with the same parameters.

    METRIC is a measure of gate expressions, with a selector or without: shift, p95, 'p95{name=*}'. It finds slow drifts
    that no gate finds, because each run is like the one before it. Runs that did not meet their gates are included.

    Exit codes: 0 success, whatever changed; 1 there are too few runs, the store did not answer, or the page, a message
    or the changes could not be delivered; 2 wrong usage.
    """
    expression, place = _metric(metric), _receiver(receiver, reading) if receiver else None
    with open_source(**reading) as source:
        runs = runs_of_trend(source, source.find(until), last)
    if len(runs) < FEWEST:
        raise click.ClickException(f"{len(runs)} runs have these parameters; a trend needs {FEWEST}")
    trends = _trends(runs, expression, 1 - level)
    if (count := max(len(one.runs) for one in trends)) < FEWEST:
        raise click.ClickException(f"{count} runs have enough requests for {metric}; a trend needs {FEWEST}")
    _print(trends, metric, form)
    if html:
        _write(html, render(trends, metric, time.time()))
    if channels and _count(trends) > _count(_trends(runs[:-1], expression, 1 - level)):
        send_message(channels, trends, metric)
    if place:
        send_changes(place, trends, metric)


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


def _trends(runs: Sequence[RunResults], expression: Expression, level: float) -> list[Trend]:
    keys = selected_rows(runs, expression)
    if not keys:
        raise click.ClickException(f"no request matches {expression.text.removesuffix(' > +1%')}")
    return [trend_of(runs, expression.measure, key, level / len(keys)) for key in keys]


def _count(trends: Sequence[Trend]) -> int:
    return sum(len(one.changes) for one in trends)


def _print(trends: Sequence[Trend], metric: str, form: str) -> None:
    if form == "json":
        print_json(trend_document(trends, metric))
        return
    say(trend_sentence(trends, metric))
    if _count(trends):
        say("")
        print_grid(trend_grid(trends), form)


def _write(path: Path, page: str) -> None:
    try:
        write_whole(path, page)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None


def _receiver(url: str, options: Mapping[str, Any]) -> Connection:
    """Return where changes are sent, by the options that say how to talk to the store as well."""
    names = {BY_NAME[name].dest for name in CONNECTION}
    place = connect((url,), {name: value for name, value in options.items() if name in names})
    place.require(REMOTE_WRITE, "changes can only be sent to a remote-write receiver")
    return place
