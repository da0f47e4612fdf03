"""The report as Markdown, for the summary of a CI job and for merge requests (GitHub's flavour; GitLab's is alike)."""

import re
from collections.abc import Iterator, Sequence

from locust_push.documents.content import Fact, Report
from locust_push.documents.sentences import comparison_sentence
from locust_push.documents.tables import (
    BAD,
    DOUBTFUL,
    GOOD,
    Grid,
    TableCell,
    comparison_grid,
    failures_grid,
    gate_grid,
    rows_grid,
)
from locust_push.documents.tiles import Tile, tiles
from locust_push.results.model import visible

MARKS = {GOOD: " ✅", BAD: " ❌", DOUBTFUL: " ⚠️"}
"""Signs in place of colours, which Markdown does not have."""

MAX_ROWS = 200
"""Most rows of a table: GitHub cuts off a job's summary at 1 MiB."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|&~@$:]")
_BLANK = re.compile(r"\s+")


def render(report: Report) -> str:
    """Return the report."""
    return "\n\n".join(_parts(report)) + "\n"


def markdown_table(grid: Grid) -> str:
    """Return a table; good and bad values have a mark."""
    rule = ["---" if number < grid.left else "---:" for number in range(len(grid.columns))]
    body = [[_cell(cell) for cell in row] for row in (*grid.body[:MAX_ROWS], *grid.foot)]
    return "\n".join(_line(row) for row in ([escape_markdown(column) for column in grid.columns], rule, *body))


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows literally, on one line: special characters become references.

    References rather than backslashes: those do not prevent links from hosts and mentions, nor, in every renderer, that
        ``|`` ends a cell (CommonMark 0.31, section 2.5, "entity and numeric character references").
    """
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", visible(_BLANK.sub(" ", text)))


def _parts(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f"## {escape_markdown(report.title)}: {escape_markdown(verdict.text)}{MARKS.get(verdict.meaning, '')}"
    if report.warnings:
        yield "\n".join(f"- ⚠️ {escape_markdown(warning)}" for warning in report.warnings)
    yield " · ".join(map(_tile, tiles(report)))
    if report.gate:
        yield from _section("Gate", gate_grid(report.gate))
    grid = comparison_grid(report.comparison) if report.comparison else rows_grid(report.run)
    if report.comparison:
        yield escape_markdown(comparison_sentence(report.comparison))
    yield from _section("Differences" if report.comparison else "Requests", grid)
    if failures := failures_grid(report.run, report.baseline):
        yield from _section("Failures by kind", failures)
    facts = "\n".join(map(_fact, report.facts))
    yield f"<details><summary>What was run</summary>\n\n{facts}\n\n</details>"


def _section(heading: str, grid: Grid) -> Iterator[str]:
    yield f"### {heading}"
    yield markdown_table(grid)
    if len(grid.body) > MAX_ROWS:
        yield f"{len(grid.body) - MAX_ROWS:,} more rows are in the HTML report."


def _tile(tile: Tile) -> str:
    change = (
        f" ({escape_markdown(tile.change)}, before {escape_markdown(tile.before)}){MARKS.get(tile.meaning, '')}"
        if tile.change
        else ""
    )
    return f"{escape_markdown(tile.name)} **{escape_markdown(tile.value)}**{change}"


def _fact(fact: Fact) -> str:
    before = f" (before {escape_markdown(fact.before)})" if fact.before else ""
    return f"- {escape_markdown(fact.name)}: {escape_markdown(fact.value)}{before}"


def _cell(cell: TableCell) -> str:
    return escape_markdown(cell.line) + MARKS.get(cell.meaning, "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
