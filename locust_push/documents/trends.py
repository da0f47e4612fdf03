"""Trends as a table, a sentence, charts and plain data. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from locust_push.documents.axis import Axis, change_axis
from locust_push.documents.charts import COLOURS, Chart, Hover, Line, Marker
from locust_push.documents.json_values import FORMAT
from locust_push.documents.tables import MEANINGS, Grid, TableCell, percent_text, when
from locust_push.results.trend import Trend, TrendChange

_DATES = 6
"""Runs of a chart that have their date at the axis, at most."""


def trend_grid(trends: Sequence[Trend]) -> Grid:
    """Return all changes, each with the first run after it."""
    columns = ("request", "since run", "started (UTC)", "commit", "change", "confidence")
    rows = [_cells(one.label, change) for one in trends for change in one.changes]
    return Grid(columns, rows, 4)


def _cells(label: str, change: TrendChange) -> list[TableCell]:
    return [
        TableCell(label),
        TableCell(change.run.run_id),
        TableCell(when(change.run)),
        TableCell(change.commit or "-"),
        TableCell(percent_text(change.percent), MEANINGS[change.verdict], _interval(change), change.percent),
        TableCell(f"{100 * (1 - change.chance):.1f} %", order=1 - change.chance),
    ]


def _interval(change: TrendChange) -> str:
    return f"({percent_text(change.low)} to {percent_text(change.high)})"


def trend_sentence(trends: Sequence[Trend], measure: str) -> str:
    """Return the number of runs, and the lasting changes in them, as sentences."""
    count = max((len(one.runs) for one in trends), default=0)
    changed = [one for one in trends if one.changes]
    if not changed:
        return f"No lasting change of {measure} in {count} runs."
    found = sum(len(one.changes) for one in changed)
    text = f"{found} lasting change{'s' if found > 1 else ''} of {measure} in {count} runs"
    if len(trends) == 1:
        total = percent_text(changed[0].percents[-1])
        return f"{text}; the last run is {total} from the first ones."
    return f"{text}, in {len(changed)} of {len(trends)} requests."


def trend_document(trends: Sequence[Trend], measure: str) -> dict[str, Any]:
    """Return all data: each run of each row, and the changes."""
    return {"format": FORMAT, "measure": measure, "trends": [_trend(one) for one in trends]}


def _trend(one: Trend) -> dict[str, Any]:
    runs = zip(one.runs, one.percents, strict=True)
    return {
        "request": one.label,
        "runs": [
            {"run_id": run.run_id, "start_time": run.start_time, "percent": percent, "commit": _commit(run.info)}
            for run, percent in runs
        ],
        "changes": [
            {
                "run_id": change.run.run_id,
                "last_before": change.last_before.run_id,
                "commit": _commit(change.run.info),
                "percent": change.percent,
                "low": change.low,
                "high": change.high,
                "verdict": change.verdict,
                "chance": change.chance,
            }
            for change in one.changes
        ],
    }


def _commit(info: Any) -> str:
    return str(info.get("git_commit", ""))


def trend_charts(trends: Sequence[Trend], measure: str) -> Iterator[Chart]:
    """Yield a chart of each trend: its runs, the level between two changes, and the changes."""
    for one in trends:
        title = measure if len(trends) == 1 else f"{measure} of {one.label}"
        axis = change_axis(min(one.percents, default=0.0), max(one.percents, default=0.0))
        places = {run.run_id: float(number) for number, run in enumerate(one.runs)}
        markers = [Marker(places[change.run.run_id] - 0.5, percent_text(change.percent)) for change in one.changes]
        yield Chart(title, _runs_axis(one), axis, tuple(_lines(one, markers)), tuple(markers), tuple(_hovers(one)))


def _runs_axis(one: Trend) -> Axis:
    """Return an axis of runs, evenly spaced, some of which have their date at it."""
    shown = range(0, len(one.runs), max(1, -(-len(one.runs) // _DATES)))
    return Axis(-0.5, max(len(one.runs) - 0.5, 0.5), tuple((float(at), when(one.runs[at])[:10]) for at in shown))


def _lines(one: Trend, markers: Sequence[Marker]) -> Iterator[Line]:
    levels = [0.0, *(change.level for change in one.changes)]
    edges = [-0.5, *(marker.at for marker in markers), len(one.runs) - 0.5]
    steps = [(at, level) for level, ends in zip(levels, pairwise(edges), strict=True) for at in ends]
    yield Line("level", COLOURS["p95"], steps)
    yield Line("run", COLOURS["users"], [(float(at), value) for at, value in enumerate(one.percents)], dots=True)


def _hovers(one: Trend) -> Iterator[Hover]:
    for at, (run, value) in enumerate(zip(one.runs, one.percents, strict=True)):
        lines = (run.run_id, when(run), _commit(run.info)[:8], percent_text(value))
        yield Hover(at - 0.5, at + 0.5, "\n".join(filter(None, lines)))
