"""``locust-push compare``: two runs side by side."""

import time
from typing import Any

import click

from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.output import say, warn
from locust_push.cli.reading import open_source, read_run, reading_options, unfinished_option, warmup_option
from locust_push.documents.json_values import comparison_document
from locust_push.documents.tables import comparison_grid, headline
from locust_push.results.compare import compare as compare_runs


@click.command()
@click.argument("base")
@click.argument("run")
@unfinished_option
@warmup_option
@format_option
@reading_options
def compare(base: str, run: str, *, unfinished: bool, warmup: float | None, form: str, **reading: Any) -> None:
    """Show what became of BASE in RUN, request by request.

    Each is the ID of a run, latest, or latest~N for the N-th before it. Where there are colours, a change for the worse
    is red and one for the better green, from 5 percent on.

    Exit codes: 0 good, whatever the difference; 1 there is no such run, it has no requests or is going on, the two have
    no request in common, or the store did not answer; 2 wrong usage.
    """
    with open_source(**reading) as source:
        before, after = (read_run(source, name, unfinished=unfinished, warmup=warmup) for name in (base, run))
        comparison = compare_runs(before, after)
    for line in comparison.warnings:
        warn(f"Warning: {line}.")
    if form == "json":
        print_json(comparison_document(comparison))
        return
    now = time.time()
    say(f"base: {headline(comparison.base.run, now)}\n run: {headline(comparison.run.run, now)}\n")
    print_grid(comparison_grid(comparison), form)
