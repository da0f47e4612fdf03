"""What a master's merged statistics know of a run beyond what it pushes: the distribution, and failures by kind.

Workers push both themselves, so that the master must not; but a report that the master makes wants them. Reads Locust's
objects by attribute and imports nothing of it.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from locust_push.core.values import label_text
from locust_push.history.summary import Bucket, Row, RunSummary

Key = tuple[str, str]
"""Method and name."""

_STATUS = re.compile(r"(?:HTTPError\('|code=)(?P<status>[1-5][0-9]{2})\b")
_CLASS = re.compile(r"(?P<name>[A-Za-z_][A-Za-z_0-9.]*)\(")


def with_details(summary: RunSummary, stats: Any) -> RunSummary:
    """Return the results of a run with what Locust's statistics tell beside; what is there already stays."""
    kinds = _kinds(stats.errors.values())
    entries = {(label_text(entry.method), label_text(entry.name)): entry for entry in stats.entries.values()}
    rows = tuple(_filled(row, entries.get((row.method, row.name)), kinds) for row in summary.rows)
    total = _filled(summary.aggregated, stats.total, {("", summary.aggregated.name): sum(kinds.values(), Counter())})
    return replace(summary, rows=rows, aggregated=total)


def _filled(row: Row, entry: Any, kinds: Mapping[Key, Counter[str]]) -> Row:
    found = kinds.get((row.method, row.name), Counter())
    return replace(
        row,
        failures_by_kind=row.failures_by_kind or dict(found.most_common()),
        histogram=row.histogram or (() if entry is None else _buckets(entry.response_times)),
    )


def _kinds(errors: Any) -> dict[Key, Counter[str]]:
    found: dict[Key, Counter[str]] = {}
    for error in errors:
        key = label_text(error.method), label_text(error.name)
        found.setdefault(key, Counter())[kind_of(label_text(error.error))] += error.occurrences
    return found


def kind_of(text: str) -> str:
    """Return the kind of an error out of Locust's text, by :func:`locust_push.core.recorder.error_kind`."""
    if status := _STATUS.search(text):
        return f"HTTP {status['status']}"
    match = _CLASS.match(text)
    return match["name"].rpartition(".")[2] if match else "failure"


def _buckets(response_times: Mapping[float, int]) -> tuple[Bucket, ...]:
    """Return Locust's rounded milliseconds as what each of them stands for."""
    return tuple(_bucket(milliseconds, count) for milliseconds, count in sorted(response_times.items()))


def _bucket(milliseconds: float, count: int) -> Bucket:
    # RequestStats rounds to two digits from 100 ms on, below that to whole milliseconds.
    half = 0.5 * (1 if milliseconds < 100 else 10 if milliseconds < 1000 else 100 if milliseconds < 10_000 else 1000)
    return Bucket(max(0.0, milliseconds - half) / 1000, (milliseconds + half) / 1000, count)
