"""Tables as Grafana makes them: instant queries as frames, then the transformations ``merge`` and ``organize``.

After transformV2 of @grafana/prometheus and the transformers of @grafana/data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.servers.query import Sample

Row = dict[str, Any]


def frame(ref_id: str, samples: Sequence[Sample], queries: int) -> list[Row]:
    """Return an answer as rows: time, a column per label, and the value, named by its query if there are several."""
    value = f"Value #{ref_id}" if queries > 1 else "Value"
    labels = sorted({label for sample in samples for label in sample.labels})
    return [
        {"Time": sample.time, **{label: sample.labels.get(label, "") for label in labels}, value: sample.value}
        for sample in samples
    ]


def merge(frames: Sequence[Sequence[Row]]) -> list[Row]:
    """Join rows that agree in all columns common to all frames."""
    present = [rows for rows in frames if rows]
    if not present:
        return []
    keys = set.intersection(*(set(rows[0]) for rows in present))
    merged: list[tuple[tuple[Any, ...], Row]] = []
    for row in (row for rows in present for row in rows):
        key = tuple(row[name] for name in sorted(keys))
        partner = next((other for known, other in merged if known == key and _mergeable(other, row)), None)
        if partner is None:
            merged.append((key, dict(row)))
        else:
            partner.update(row)
    return [row for _, row in merged]


def _mergeable(one: Row, other: Row) -> bool:
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def organize(rows: Sequence[Row], options: Mapping[str, Any]) -> list[Row]:
    """Drop, order and rename columns."""
    places = options["indexByName"]
    names = sorted({name for row in rows for name in row}, key=lambda name: places.get(name, len(places)))
    kept = [name for name in names if not options["excludeByName"].get(name)]
    return [{options["renameByName"].get(name, name): row.get(name) for name in kept} for row in rows]
