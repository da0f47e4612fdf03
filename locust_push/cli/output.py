"""What commands print: for people in a terminal, and plain for whatever reads a pipe."""

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
    """Print a line about what is not as it should be, to standard error."""
    click.secho(text, err=True, fg="yellow")


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; into a pipe as aligned columns, nothing cut off."""
    console = Console(highlight=False)
    if not console.is_terminal:
        for line in aligned([columns, *rows], len(columns)):
            click.echo(line)
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    console.print(table)


def readable_size(count: float) -> str:
    """Return a number of bytes for reading."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
