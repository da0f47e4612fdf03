"""The command ``locust-push``: one file per command. Imports of what a command needs stand in the command."""

import click

from locust_push import __version__
from locust_push.cli.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="locust-push")
def main() -> None:
    """Push Locust's results to Prometheus, and compare runs."""


main.add_command(run)
