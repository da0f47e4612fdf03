"""``locust-push init``: write the files that a project needs for load tests in CI."""

from collections.abc import Sequence
from pathlib import Path

import click

from locust_push.cli.output import say, show_table, warn
from locust_push.init.plan import STACK_FOLDER, CiSystem, PlannedFile, carry_out, detected, plan


@click.command()
@click.argument("directory", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--ci",
    multiple=True,
    type=click.Choice([each.value for each in CiSystem]),
    help="The CI system whose pipeline is written. Repeatable. Default: those whose files are found.",
)
@click.option(
    "--stack/--no-stack",
    default=True,
    show_default=True,
    help=f"Write {STACK_FOLDER}/: docker-compose.yml with Prometheus, Alertmanager and Grafana, dashboards and alerts.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def init(directory: Path, *, ci: Sequence[str], stack: bool, dry_run: bool) -> None:
    """Write a pipeline for CI, the monitoring stack and lines for .gitignore into a project.

    Existing files are never overwritten.

    Exit codes: 0 success; 1 a file could not be written; 2 wrong usage.
    """
    pipelines = [CiSystem(name) for name in ci] or detected(directory)
    try:
        steps = plan(directory, pipelines, stack=stack)
        if not dry_run:
            carry_out(directory, steps)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: cannot be written: {error.strerror}") from None
    _show(steps, dry_run=dry_run)
    if stack and not dry_run:
        say(f"To start the stack: cd {directory / STACK_FOLDER} && cp .env.example .env, fill in its secrets, and")
        say("docker compose up --detach")
    if not pipelines:
        warn(f"No CI system was found in {directory}. Name one to get its pipeline: --ci {CiSystem.GITHUB}.")


def _show(steps: Sequence[PlannedFile], *, dry_run: bool) -> None:
    done = {
        "write": "would be written" if dry_run else "written",
        "add": "would be added to" if dry_run else "added to",
        "keep": "exists, kept",
    }
    show_table(("file", "state"), [(step.path, done[step.state]) for step in steps])
    for step in steps:
        if step.hint and step.state == "write":
            say(f"{step.path}: {step.hint}")
