"""Fields that users log with a message, in a form that an index never refuses. Pure.

An index gives each field the type of its first value and refuses lines with another type, such as an object instead of
a text. So texts and numbers are separate, in ``extra`` and ``extra_numbers``; names are flat, as in ``labels`` of the
Elastic Common Schema; and no name can conflict with the schema.
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

MAX_FIELDS = 64
"""Most fields of one line."""

MAX_FIELD_NAMES = 200
"""Most names of fields that one process uses: an index has a limit, beyond which it refuses lines."""

OTHERS = "others"
"""The text field with all that is beyond these limits, as JSON."""

MAX_TEXT = 20_000
"""Most characters of a text: both ends of a longer one are kept."""

_MAX_NAME = 100
_DEPTH = 5
"""Depth of nested objects that become names; deeper ones become text."""


def sorted_out(fields: Mapping[str, object], known: set[str]) -> dict[str, dict[str, str] | dict[str, float]]:
    """Return texts as ``extra``, numbers as ``extra_numbers``; neither if there are none.

    Args:
        fields: As they were given.
        known: The names that this process has used; new ones are added.
    """
    texts: dict[str, str] = {}
    numbers: dict[str, float] = {}
    others: dict[str, object] = {}
    for name, value in _flat(fields):
        if len(texts) + len(numbers) == MAX_FIELDS or (name not in known and len(known) >= MAX_FIELD_NAMES):
            others[name] = value
            continue
        known.add(name)
        if (number := _number(value)) is None:
            texts[name] = cut_out(as_text(value))
        else:
            numbers[name] = number
    if others:
        texts[OTHERS] = cut_out(as_text(others))
    return {key: found for key, found in (("extra", texts), ("extra_numbers", numbers)) if found}


def as_text(value: object) -> str:
    """Return a value as text: JSON of lists and objects; values that cannot be shown are named by their type."""
    try:
        return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, _STRUCTURED) else str(value)
    except Exception:  # noqa: BLE001  # a user's __str__ may raise anything, and the line must not be lost
        return f"<{type(value).__name__}>"


_STRUCTURED = (bool, dict, list, tuple)


def cut_out(text: str) -> str:
    """Return a text of at most about :data:`MAX_TEXT` characters."""
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n… ({len(text) - 2 * half:,} characters cut out)\n{text[-half:]}"


def _flat(fields: Mapping[Any, object], above: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, object]]:
    for key, value in list(fields.items()):
        name = f"{above}{key}".replace(".", "_").strip()[:_MAX_NAME] or "_"
        if isinstance(value, dict) and depth:
            yield from _flat(value, f"{name}_", depth - 1)
        elif value is not None:
            yield name, value


def _number(value: object) -> float | None:
    """Return a finite number; None for others, which JSON or an index do not support."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None
