"""``locust-push runs``: list runs."""

import time
from typing import Any

import click

from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.reading import UnusableRunError, open_source, reading_options
from locust_push.documents.json_values import runs_document
from locust_push.documents.tables import runs_grid


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Number of runs.")
@format_option
@reading_options
def runs(limit: int, form: str, **reading: Any) -> None:
    """List runs, newest first.

    Exit codes: 0 success; 1 there are none, or the store did not answer; 2 wrong usage.
    """
    with open_source(**reading) as source:
        found = source.list(limit)
        if not found:
            raise UnusableRunError("no runs found; check --from, --match and --since")
        if form == "json":
            print_json(runs_document(found, time.time()))
        else:
            print_grid(runs_grid(found, time.time()), form)
