"""``locust-push show``: the results of one run."""

import time
from typing import Any

import click

from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.output import say
from locust_push.cli.reading import open_source, read_run, reading_options, unfinished_option, warmup_option
from locust_push.documents.json_values import summary_document
from locust_push.documents.tables import failures_grid, headline, rows_grid


@click.command()
@click.argument("run")
@unfinished_option
@warmup_option
@format_option
@reading_options
def show(run: str, *, unfinished: bool, warmup: float | None, form: str, **reading: Any) -> None:
    """Show the results of RUN, request by request.

    RUN is the ID of a run, latest, or latest~N for the N-th before it.

    Exit codes: 0 success; 1 there is no such run, it has no requests or is in progress, or the store did not answer; 2
        wrong usage.
    """
    with open_source(**reading) as source:
        summary = read_run(source, run, unfinished=unfinished, warmup=warmup)
    if form == "json":
        print_json(summary_document(summary))
        return
    say(headline(summary.run, time.time()))
    say(f"Response times: {summary.precision}. Processes: {len(summary.instances)}.\n")
    for grid in filter(None, (rows_grid(summary), failures_grid(summary))):
        print_grid(grid, form)
        say("")
