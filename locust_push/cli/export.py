"""``locust-push export``: a run of an archive as OpenMetrics text."""

import tempfile
from pathlib import Path
from typing import TextIO

import click

from locust_push.cli.output import warn
from locust_push.cli.parameters import archive, from_option
from locust_push.results.names import UnknownRunError, find_run
from locust_push.results.openmetrics import write_openmetrics
from locust_push.results.sources.archive import Archive


@click.command()
@click.argument("run")
@from_option(archive, "The archive: file:DIR.")
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", atomic=True),
    default="-",
    metavar="FILE",
    help="File to write to. Default: standard output.",
)
def export(run: str, source: Path, output: TextIO) -> None:
    r"""Write RUN as OpenMetrics text, with all its samples and their times.

    RUN is the ID of a run, latest, or latest~N. To import it into a Prometheus, whatever its age:

    \b
      promtool tsdb create-blocks-from openmetrics FILE DATA_FOLDER

    Exit codes: 0 success; 1 there is no such run, or it could not be written; 2 wrong usage.
    """
    runs = Archive(source, warn)
    try:
        found = find_run(runs.list(), run)
        with tempfile.TemporaryDirectory(prefix="locust-push-export-") as folder:
            count = write_openmetrics(runs.processes(found), Path(folder), output)
    except (UnknownRunError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Wrote {count:,} samples of run {found.run_id}.", err=True)
