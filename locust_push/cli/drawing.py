"""Prints tables, formatted for a terminal, plain for a pipe, or as Markdown, and data as JSON."""

import json
from typing import Any, Literal

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from locust_push.documents.markdown import markdown_table
from locust_push.documents.tables import (
    BAD,
    DOUBTFUL,
    GOOD,
    PALE,
    Grid,
    TableCell,
    plain_text,
)

TABLE_FORMATS = ("table", "markdown", "json")
_LONG = 12
"""Texts of this many characters or more may be folded."""

CELL_STYLES = {GOOD: "green", BAD: "red", DOUBTFUL: "yellow", PALE: "dim"}

format_option = click.option(
    "--format", "form", type=click.Choice(TABLE_FORMATS), default="table", show_default=True, help="How to print it."
)


def print_json(document: dict[str, Any]) -> None:
    """Print data."""
    click.echo(json.dumps(document, indent=2))


def print_grid(grid: Grid, form: str) -> None:
    """Print a table in one of :data:`TABLE_FORMATS` except JSON; in a pipe without truncation."""
    console = Console(highlight=False)
    if form == "markdown":
        click.echo(markdown_table(grid))
    elif console.is_terminal:
        console.print(rich_table(grid))
    else:
        for line in plain_text(grid):
            click.echo(line)


def rich_table(grid: Grid) -> Table:
    """Return a table for a terminal, in colours."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for number, heading in enumerate(grid.columns):
        is_text = number < grid.left
        # Only long texts may be folded, not numbers or verdicts.
        folds = is_text and max((len(row[number].text) for row in grid.rows), default=0) > _LONG
        width = _LONG if folds else None
        justify: Literal["left", "right"] = "left" if is_text else "right"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=not folds, min_width=width)
    for row in grid.rows:
        table.add_row(*map(_text, row))
    return table


def _text(cell: TableCell) -> Text:
    """Return a cell with its note below; the colour is that of the note, or of the text without a note."""
    style = CELL_STYLES.get(cell.meaning, "")
    return Text.assemble(cell.text, "\n", (cell.note, style)) if cell.note else Text(cell.text, style)
