"""Output of commands: formatted in a terminal, plain in a pipe."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from locust_push.documents.tables import aligned

STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def say(text: str) -> None:
    """Print a line as it is."""
    click.echo(text)


def warn(text: str) -> None:
    """Print a warning of one line to standard error."""
    click.secho(text, err=True, fg="yellow")


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; in a pipe as aligned columns without truncation."""
    console = Console(highlight=False)
    if not console.is_terminal:
        for line in aligned([columns, *rows], len(columns)):
            click.echo(line)
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    console.print(table)
