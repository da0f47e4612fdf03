"""``locust-push gate``: fail a build when a run does not meet its gate."""

from typing import Any

import click

from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.judging import NOT_MET, Judging, judged, judging_options, record_verdict
from locust_push.cli.output import say, warn
from locust_push.cli.reading import reading_options, unfinished_option
from locust_push.documents.json_values import gate_document
from locust_push.documents.tables import gate_grid, gate_hints, gate_sentence


@click.command()
@click.argument("run")
@judging_options
@click.option(
    "--record/--no-record",
    default=True,
    show_default=True,
    help="Store the verdict with a run of an archive. A run that did not meet its gate is not used as a baseline.",
)
@unfinished_option
@format_option
@reading_options
def gate(run: str, *, record: bool, form: str, **options: Any) -> None:
    """Judge RUN: end with code 3 if any expression holds, or cannot be judged.

    RUN is the ID of a run, latest, or latest~N for the N-th before it. docs/comparing.md describes expressions.

    Exit codes: 0 the gate was met; 1 there is no such run, it is in progress, or the store did not answer; 2 wrong
        usage; 3 the gate was not met.
    """
    judging = Judging.taken_from(options)
    if not judging.expressions and not judging.trends:
        raise click.UsageError("nothing to judge by: give --fail-if EXPR or --trend EXPR")
    result = judged(run, judging, options)
    if record:
        record_verdict(result, options["source"])
    for line in result.warnings:
        warn(f"Warning: {line}.")
    if form == "json":
        print_json(gate_document(result))
    else:
        print_grid(gate_grid(result), form)
        say(f"\n{gate_sentence(result)}")
        for line in gate_hints(result, "--allow"):
            say(line)
    if not result.met:
        raise click.exceptions.Exit(NOT_MET)
