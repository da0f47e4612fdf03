"""Two runs side by side as a table for the terminal. Pure."""

import math
from collections.abc import Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from locust_push.history.summary import Row, RunSummary

QUANTILES = ("p50", "p95", "p99")

_NOISE_PERCENT = 5.0
"""A change below this has no colour: two runs of the same service differ by as much."""


def comparison_table(base: RunSummary, run: RunSummary) -> Table:
    """Return the requests of both runs, each value as ``base → run``, with the change of response times below it."""
    title = Text(f"{base.run.run_id} → {run.run.run_id}", style="bold")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("request", overflow="fold")
    for heading in ("requests", "failures %", *(f"{quantile} ms" for quantile in QUANTILES)):
        table.add_column(heading, justify="right", no_wrap=True)
    for before, after in _pairs(base, run):
        table.add_row(*map(Text.assemble, _cells(before, after)))
    table.add_section()
    table.add_row(*map(Text.assemble, _cells(base.aggregated, run.aggregated)))
    return table


def _pairs(base: RunSummary, run: RunSummary) -> Iterator[tuple[Row, Row]]:
    """Return the rows of both runs, with an empty one where only one of them has it."""
    before = {(row.method, row.name): row for row in base.rows}
    after = {(row.method, row.name): row for row in run.rows}
    for key in sorted(before.keys() | after.keys(), key=lambda key: (key[1], key[0])):
        empty = Row(*key, 0, 0, 0.0, {})
        yield before.get(key, empty), after.get(key, empty)


def _cells(before: Row, after: Row) -> Iterator[str | Text]:
    yield f"{after.method} {after.name}".strip()
    yield f"{before.requests:,} → {after.requests:,}"
    yield f"{before.failure_percent:.1f} → {after.failure_percent:.1f}"
    for quantile in QUANTILES:
        yield _response_time(
            before.response_times.get(quantile, math.nan), after.response_times.get(quantile, math.nan)
        )


def _response_time(before: float, after: float) -> Text:
    text = Text(f"{_milliseconds(before)} → {_milliseconds(after)}")
    if before > 0 and not math.isnan(after):
        percent = 100 * (after - before) / before
        text.append(f"\n{percent:+.0f} %", style=_style(percent))
    return text


def _milliseconds(seconds: float) -> str:
    return "-" if math.isnan(seconds) else f"{1000 * seconds:.0f}"


def _style(percent: float) -> str:
    if abs(percent) < _NOISE_PERCENT:
        return "dim"
    return "red" if percent > 0 else "green"
