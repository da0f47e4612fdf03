"""``locust-push compare``: runs side by side."""

import re
import time
from collections.abc import Sequence
from itertools import islice
from typing import Any

import click

from locust_push.cli.drawing import format_option, print_grid, print_json
from locust_push.cli.output import say, warn
from locust_push.cli.reading import open_source, read_run, reading_options, unfinished_option, warmup_option
from locust_push.documents.json_values import comparison_document
from locust_push.documents.sentences import comparison_sentence
from locust_push.documents.tables import comparison_grid, headline
from locust_push.results.compare import Comparison
from locust_push.results.compare import compare as compare_runs
from locust_push.results.source import RunSource

_NEWEST = re.compile(r"latest:(?P<count>[2-9]|[1-9][0-9]{1,2})")


@click.command()
@click.argument("runs", nargs=-1, required=True)
@unfinished_option
@warmup_option
@format_option
@reading_options
def compare(runs: Sequence[str], *, unfinished: bool, warmup: float | None, form: str, **reading: Any) -> None:
    """Compare the last of RUNS with the others, request by request, and show which changes are more than chance.

    Each is the ID of a run, latest, or latest~N for the N-th before it; latest:N are the N newest with the same
    parameters. The last one is compared with all others: the more there are, the smaller are the changes that can
    be distinguished from chance. What may be chance is shown as ~.

    Exit codes: 0 compared, whatever the difference; 1 there is no such run, it has no requests or is in progress, the
        runs have no request in common, or the store did not answer; 2 wrong usage.
    """
    with open_source(**reading) as source:
        names = _named(source, runs)
        *bases, last = (read_run(source, name, unfinished=unfinished, warmup=warmup) for name in names)
        comparison = compare_runs(bases, last)
    for line in comparison.warnings:
        warn(f"Warning: {line}.")
    if form == "json":
        print_json(comparison_document(comparison))
    else:
        _print(comparison, form)


def _named(source: RunSource, runs: Sequence[str]) -> list[str]:
    """Return the named runs, with the one that is compared at the end."""
    newest = _NEWEST.fullmatch(runs[0]) if len(runs) == 1 else None
    if newest:
        last = source.find("latest")
        return [
            *reversed([one.run_id for one in islice(source.before(last, {}), int(newest["count"]) - 1)]),
            last.run_id,
        ]
    if len(runs) < 2:
        raise click.UsageError("give at least two runs, or latest:5 for the five newest ones with the same parameters")
    return list(runs)


def _print(comparison: Comparison, form: str) -> None:
    now = time.time()
    say(f"{comparison_sentence(comparison)}\n")
    for base in comparison.bases:
        say(f"base: {headline(base.run, now)}")
    say(f" run: {headline(comparison.run.run, now)}\n")
    print_grid(comparison_grid(comparison, narrow=form == "table"), form)
