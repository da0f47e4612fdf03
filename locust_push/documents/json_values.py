"""Runs, comparisons and verdicts as plain data for JSON: seconds, bytes, no NaN. Pure."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from locust_push.documents.sentences import comparison_sentence
from locust_push.results.compare import ComparedRow, Comparison
from locust_push.results.gate import GateResult
from locust_push.results.judgement import Judgement
from locust_push.results.measures import MEASURES, SHIFT
from locust_push.results.model import ResultRow, Run, RunResults
from locust_push.results.statistics.against import ShownChange

FORMAT = 1
"""Increases when a field changes its meaning or is removed; new fields do not change it."""


def runs_document(runs: Iterable[Run], now: float) -> dict[str, Any]:
    """Return a list of runs."""
    return {"format": FORMAT, "runs": [run_document(run) | {"state": str(run.state(now))} for run in runs]}


def run_document(run: Run) -> dict[str, Any]:
    """Return the facts about a run without its results."""
    return {
        "run_id": run.run_id,
        "start_time": run.start_time,
        "end_time": run.end_time,
        "duration": run.duration,
        "parameters": run.parameters,
        "cut_short": run.cut_short,
        "gate_met": run.gate_met,
        "judged_from": run.judged_from,
        "labels": dict(run.labels),
        "info": dict(run.info),
    }


def summary_document(summary: RunResults) -> dict[str, Any]:
    """Return the results of a run."""
    return {
        "format": FORMAT,
        "run": run_document(summary.run),
        "instances": list(summary.instances),
        "aggregated": _row(summary.aggregated),
        "rows": [_row(row) for row in summary.rows],
        "series": [_plain(asdict(point)) for point in summary.series],
    }


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return runs side by side."""
    return {
        "format": FORMAT,
        "base": run_document(comparison.base.run),
        "bases": [run_document(base.run) for base in comparison.bases],
        "run": run_document(comparison.run.run),
        "sentence": comparison_sentence(comparison),
        "smallest_shift_percent": _number(comparison.smallest),
        "warnings": list(comparison.warnings),
        "aggregated": _compared(comparison.aggregated),
        "rows": [_compared(row) for row in comparison.rows],
    }


def gate_document(result: GateResult) -> dict[str, Any]:
    """Return the verdict of a gate."""
    return {
        "format": FORMAT,
        "run": run_document(result.run.run),
        "baselines": [run_document(summary.run) for summary in result.baselines],
        "met": result.met,
        "warnings": list(result.warnings),
        "problems": list(result.problems),
        "judgements": [_judgement(judgement) for judgement in result.judgements],
    }


def _row(row: ResultRow) -> dict[str, Any]:
    precision = row.precision
    return {
        "method": row.method,
        "name": row.name,
        **{name: _number(measure.read(row)) for name, measure in MEASURES.items()},
        "failures_per_second": row.failures_per_second,
        "failures_by_kind": dict(row.failures_by_kind),
        "response_bytes": row.response_bytes,
        "precision": {"source": str(precision.source), "relative_error": precision.relative_error},
        "histogram": [[_number(number) for number in bucket] for bucket in row.histogram],
    }


def _compared(row: ComparedRow) -> dict[str, Any]:
    changes = (row.change(name) for name in (SHIFT.name, *MEASURES))
    return {
        "method": row.known.method,
        "name": row.known.name,
        "side": row.side,
        "changes": {
            change.measure.name: {
                "before": _number(change.before),
                "after": _number(change.after),
                "values": [_number(value) for value in change.values],
                "percent": _number(change.percent),
                "shown": shown_document(change.shown),
                "verdict": change.verdict,
            }
            for change in changes
        },
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    numbers = {name: _number(getattr(judgement, name)) for name in ("value", "baseline", "spread", "limit")}
    return {
        "expression": judgement.expression.text,
        "request": judgement.label,
        **numbers,
        "change": shown_document(judgement.change),
        "outcome": str(judgement.outcome),
        "reason": judgement.reason,
    }


def shown_document(change: ShownChange | None) -> dict[str, Any] | None:
    """Return a shown change; null if unknown."""
    if change is None:
        return None
    numbers = {name: _number(getattr(change, name)) for name in ("percent", "low", "high")}
    return {**numbers, "direction": change.direction, "apart": change.apart, "baselines": change.baselines}


def _plain(values: dict[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float) -> float | None:
    """Return a number as JSON knows it: null for NaN and infinity."""
    return value if math.isfinite(value) else None
