"""``locust-push report``: a run, alone or beside a baseline, as files to hand round."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from locust_push.cli.gate import NOT_MET, fail_if_option, gate_rules, judging_options
from locust_push.cli.output import say, warn
from locust_push.cli.reading import open_source, read_run, reading_options, unfinished_option
from locust_push.delivery.files import write_whole
from locust_push.delivery.segment_file import file_stem
from locust_push.documents.content import Report
from locust_push.documents.formats import render
from locust_push.results.baselines import read_baselines
from locust_push.results.compare import compare
from locust_push.results.gate import Gate, judge
from locust_push.results.gate_expression import Expression
from locust_push.results.model import RunResults

GITHUB_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Variable that names the file which GitHub shows as the summary of a step; it is Markdown, to be appended to."""

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("run")
@click.option("--html", type=_FILE, metavar="FILE", help="A page that needs nothing else: no network, no scripts.")
@click.option("--markdown", type=_FILE, metavar="FILE", help="For the summary of a CI job or a merge request.")
@click.option(
    "--junit",
    type=_FILE,
    metavar="FILE",
    help="For the test tab of a CI server: a test case per --fail-if and row.",
)
@click.option("--json", "data", type=_FILE, metavar="FILE", help="All of it, unrounded; docs/report-schema.json.")
@click.option(
    "--github-summary", is_flag=True, help=f"Append the Markdown to the file that {GITHUB_SUMMARY} names, if it is set."
)
@click.option(
    "--baseline",
    metavar="RUNS",
    help="What RUN is laid over and compared with: the first of these; the gate takes all of them, like "
    "`locust-push gate`. Runs with commas between them, or latest:N.",
)
@fail_if_option(required=False)
@judging_options
@unfinished_option
@reading_options
def report(
    run: str,
    *,
    baseline: str | None,
    expressions: Sequence[Expression],
    min_requests: int,
    strict: bool,
    unfinished: bool,
    github_summary: bool,
    html: Path | None,
    markdown: Path | None,
    junit: Path | None,
    data: Path | None,
    **reading: Any,
) -> None:
    """Write RUN to files: a page, Markdown, JUnit XML, JSON. Without any of them, a page called <run>.html.

    RUN is the ID of a run, latest, or latest~N for the N-th before it.

    Exit codes: 0 good; 1 there is no such run, it has no requests or is going on, the store did not answer, or a file
    could not be written; 2 wrong usage; 3 the gate was not met, all files are written.
    """
    if junit and not expressions:
        raise click.UsageError("--junit writes a test case for each --fail-if, and there is none")
    rules = gate_rules(expressions, min_requests, baseline, strict=strict)
    with open_source(**reading) as source:
        summary = read_run(source, run, unfinished=unfinished)
        baselines = read_baselines(source, summary.run, baseline or "", partial(read_run, source))
    made = _report(summary, baselines, rules)
    for line in made.warnings:
        warn(f"Warning: {line}.")
    wanted = {".html": html, ".md": markdown, ".xml": junit, ".json": data}
    if not any((*wanted.values(), github_summary)):
        wanted[".html"] = Path(f"{file_stem(summary.run.run_id)}.html")
    for path in _write(made, wanted):
        say(f"Wrote {path}.")
    if github_summary:
        _append_summary(made, os.environ)
    if made.gate and not made.gate.met:
        warn(f"{made.verdict.text}: run {summary.run.run_id}.".capitalize())
        raise click.exceptions.Exit(NOT_MET)


def _report(summary: RunResults, baselines: Sequence[RunResults], rules: Gate) -> Report:
    comparison = compare(baselines[0], summary) if baselines else None
    gate = judge(rules, summary, baselines) if rules.expressions else None
    return Report(summary, time.time(), comparison, gate)


def _write(made: Report, wanted: Mapping[str, Path | None]) -> Iterator[Path]:
    for suffix, path in wanted.items():
        if path is not None:
            try:
                write_whole(path, render(made, suffix))
            except OSError as error:
                raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
            yield path


def _append_summary(made: Report, environ: Mapping[str, str]) -> None:
    path = environ.get(GITHUB_SUMMARY)
    if not path:
        warn(f"{GITHUB_SUMMARY} is not set, so there is no summary to append to.")
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(render(made, ".md"))
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
