"""Trends as a table, a sentence and plain data. Pure."""

from collections.abc import Sequence
from typing import Any

from locust_push.documents.json_values import FORMAT
from locust_push.documents.tables import MEANINGS, Grid, TableCell, percent_text, when
from locust_push.results.trend import Trend, TrendChange


def trend_grid(trends: Sequence[Trend]) -> Grid:
    """Return all changes, each with the first run after it."""
    columns = ("request", "since run", "started (UTC)", "commit", "change", "confidence")
    rows = [_cells(one.label, change) for one in trends for change in one.changes]
    return Grid(columns, rows, 4)


def _cells(label: str, change: TrendChange) -> list[TableCell]:
    commit = change.run.info.get("git_commit", "")[:8]
    return [
        TableCell(label),
        TableCell(change.run.run_id),
        TableCell(when(change.run)),
        TableCell(commit or "-"),
        TableCell(percent_text(change.percent), MEANINGS[change.verdict], order=change.percent),
        TableCell(f"{100 * (1 - change.chance):.1f} %", order=1 - change.chance),
    ]


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
                "verdict": change.verdict,
                "chance": change.chance,
            }
            for change in one.changes
        ],
    }


def _commit(info: Any) -> str:
    return str(info.get("git_commit", ""))
