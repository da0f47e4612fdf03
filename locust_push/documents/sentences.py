"""Comparisons and verdicts in sentences: what became slower or faster, by how much, with what confidence. Pure."""

import math
from collections.abc import Sequence
from operator import attrgetter

from locust_push.documents.content import Report
from locust_push.documents.tables import gate_sentence, interval_text
from locust_push.results.binomial import CONFIDENCE
from locust_push.results.compare import COMPARED, Change, ComparedRow, Comparison
from locust_push.results.gate import GateResult
from locust_push.results.measures import SHIFT
from locust_push.results.model import visible

_NAMED = 3
"""Most rows that are named."""

_WORDS = {
    ("shift", "worse"): "slower",
    ("shift", "better"): "faster",
    ("error_rate", "worse"): "more failures",
    ("error_rate", "better"): "fewer failures",
}


def comparison_sentence(comparison: Comparison) -> str:
    """Return the result of a comparison in one sentence or two."""
    count = len(comparison.bases)
    stand = f"{CONFIDENCE:.0%} confidence, {count} baseline{'s' if count > 1 else ''}"
    parts = [text for text in (_all_together(comparison), _rows(comparison.rows)) if text]
    if parts:
        return f"{'; '.join(parts)} ({stand})."
    smallest = comparison.smallest
    limit = "" if math.isnan(smallest) else f" A shift of all requests is shown from ±{smallest:.0f} % on."
    return f"Nothing is shown to have changed ({stand}).{limit}"


def verdict_lines(result: GateResult) -> list[str]:
    """Return a verdict in lines of text: the run, its baselines, the reasons, and the largest changes for the worse."""
    comparison = Report.of(result, 0.0).comparison
    reasons = Report(result.run, 0.0, gate=result).reasons
    worst = worst_changes(comparison) if comparison else []
    return [
        f"Gate: {visible(gate_sentence(result))}",
        *(f"- {visible(reason)}" for reason in reasons),
        *(["Worst changes against the baseline:"] if worst else []),
        *(f"- {line}" for line in worst),
    ]


def worst_changes(comparison: Comparison) -> list[str]:
    """Return the requests with the largest changes for the worse, a line each."""
    found = ((row.label, _worse(row)) for row in comparison.rows)
    worst = [(label, max(changes, key=_size)) for label, changes in found if changes]
    worst.sort(key=lambda one: -one[1].size)
    return [f"{label}: {_said(change)}{_from_to(change)}" for label, change in worst[:_NAMED]]


_size = attrgetter("size")


def _worse(row: ComparedRow) -> list[Change]:
    return [change for change in map(row.change, COMPARED) if change.verdict == "worse"]


def _from_to(change: Change) -> str:
    """Return both values; of a shift only the change has a meaning."""
    show = change.measure.show
    if change.measure is SHIFT:
        return ""
    return f", {show(change.before, change.after)} → {show(change.after, change.before)}"


def _all_together(comparison: Comparison) -> str:
    changes = (comparison.aggregated.change(name) for name in COMPARED)
    found = [_said(change) for change in changes if change.verdict != "same"]
    return f"All requests together: {', '.join(found)}" if found else ""


def _rows(rows: Sequence[ComparedRow]) -> str:
    changed = [row for row in rows if row.weight]
    named = [f"{row.label}: {_said(_largest(row))}" for row in changed[:_NAMED]]
    more = [f"{len(changed) - _NAMED} more"] if len(changed) > _NAMED else []
    return "; ".join([*named, *more])


def _largest(row: ComparedRow) -> Change:
    changes = [change for change in map(row.change, COMPARED) if change.verdict != "same"]
    shift = next((change for change in changes if change.measure.name == "shift"), None)
    return shift or max(changes, key=_size)


def _said(change: Change) -> str:
    words = _WORDS.get((change.measure.name, change.verdict), change.measure.name)
    return f"{words} {interval_text(change.shown)}".strip()
