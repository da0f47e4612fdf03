"""``locust-push report``: a run, alone or beside a baseline, as files."""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from locust_push.cli.judging import NOT_MET, Judging, judged, judging_options
from locust_push.cli.output import say, warn
from locust_push.cli.reading import reading_options, unfinished_option
from locust_push.delivery.files import write_whole
from locust_push.delivery.segment_file import file_stem
from locust_push.documents.content import Report
from locust_push.documents.formats import render

GITHUB_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Variable that names the file which GitHub shows as the summary of a step; it is Markdown, to be appended to."""

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("run")
@click.option("--html", type=_FILE, metavar="FILE", help="A self-contained page: needs no network and no scripts.")
@click.option("--markdown", type=_FILE, metavar="FILE", help="For the summary of a CI job or a merge request.")
@click.option(
    "--junit",
    type=_FILE,
    metavar="FILE",
    help="For the test tab of a CI server: a test case per --fail-if and row.",
)
@click.option("--json", "data", type=_FILE, metavar="FILE", help="All results, unrounded; docs/report-schema.json.")
@click.option(
    "--github-summary", is_flag=True, help=f"Append the Markdown to the file that {GITHUB_SUMMARY} names, if it is set."
)
@judging_options
@unfinished_option
@reading_options
def report(
    run: str,
    *,
    github_summary: bool,
    html: Path | None,
    markdown: Path | None,
    junit: Path | None,
    data: Path | None,
    **options: Any,
) -> None:
    """Write RUN to files: a page, Markdown, JUnit XML, JSON. Without any of them, a page called <run>.html.

    RUN is the ID of a run, latest, or latest~N for the N-th before it. Its charts are drawn over those of the first run
    of --baseline.

    Exit codes: 0 success; 1 there is no such run, it is in progress, the store did not answer, or a file could not be
        written; 2 wrong usage; 3 the gate was not met, all files are written.
    """
    judging = Judging.taken_from(options)
    if junit and not judging.expressions and not judging.trends:
        raise click.UsageError("--junit writes a test case for each --fail-if; give at least one")
    made = Report.of(judged(run, judging, options), time.time())
    for line in made.warnings:
        warn(f"Warning: {line}.")
    wanted = {".html": html, ".md": markdown, ".xml": junit, ".json": data}
    if not any((*wanted.values(), github_summary)):
        wanted[".html"] = Path(f"{file_stem(made.run.run.run_id)}.html")
    for path in _write(made, wanted):
        say(f"Wrote {path}.")
    if github_summary:
        _append_summary(made, os.environ)
    if made.gate and not made.gate.met:
        warn(f"{made.verdict.text}: run {made.run.run.run_id}.".capitalize())
        raise click.exceptions.Exit(NOT_MET)


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
