"""What a comparison says in a sentence: what became slower or faster, by how much, how sure. Pure."""

import math
from collections.abc import Sequence

from locust_push.documents.tables import interval_text
from locust_push.results.binomial import CONFIDENCE
from locust_push.results.compare import COMPARED, Change, ComparedRow, Comparison

_NAMED = 3
"""Rows that are named."""

_WORDS = {
    ("shift", "worse"): "slower",
    ("shift", "better"): "faster",
    ("error_rate", "worse"): "more failures",
    ("error_rate", "better"): "fewer failures",
}


def comparison_sentence(comparison: Comparison) -> str:
    """Return what a comparison shows, in one sentence or two."""
    count = len(comparison.bases)
    stand = f"{CONFIDENCE:.0%} confidence, {count} baseline{'s' if count > 1 else ''}"
    parts = [text for text in (_all_together(comparison), _rows(comparison.rows)) if text]
    if parts:
        return f"{'; '.join(parts)} ({stand})."
    smallest = comparison.smallest
    limit = "" if math.isnan(smallest) else f" A shift of all requests is shown from ±{smallest:.0f} % on."
    return f"Nothing is shown to have changed ({stand}).{limit}"


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
    return shift or max(changes, key=lambda change: abs(change.percent))


def _said(change: Change) -> str:
    words = _WORDS.get((change.measure.name, change.verdict), change.measure.name)
    return f"{words} {interval_text(change.shown)}".strip()
