"""Finds a run by the name that a user gave. Pure."""

import difflib
import re
from collections.abc import Sequence

from locust_push.results.model import Run

_LATEST = re.compile(r"latest(?:~(?P<back>[0-9]{1,9}))?")
_SUGGESTIONS = 3


class UnknownRunError(LookupError):
    """No run has that name; ``str()`` is one line with the most similar ones."""


def find_run(runs: Sequence[Run], name: str) -> Run:
    """Return the run that ``name`` means: an ID, ``latest``, or ``latest~N`` for the N-th before it.

    Args:
        runs: Newest first.
        name: As given. An ID takes precedence: a run may be called ``latest``.

    Raises:
        UnknownRunError: There is no such run.
    """
    by_id = {run.run_id: run for run in runs}
    if name in by_id:
        return by_id[name]
    if not runs:
        raise UnknownRunError(f"run {name!r} was not found; there are no runs at all")
    match = _LATEST.fullmatch(name)
    if match is None:
        raise UnknownRunError(f"run {name!r} was not found; {_hint(name, list(by_id))}")
    back = int(match["back"] or 0)
    if back >= len(runs):
        raise UnknownRunError(f"{name!r} was not found: the number of runs is {len(runs)}")
    return runs[back]


def enough_for(name: str) -> int | None:
    """Return how many of the newest runs are needed to resolve ``name``, if it is not an ID; None for all."""
    match = _LATEST.fullmatch(name)
    return int(match["back"] or 0) + 1 if match else None


def _hint(name: str, run_ids: list[str]) -> str:
    near = difflib.get_close_matches(name, run_ids, n=_SUGGESTIONS, cutoff=0.3) or run_ids[:_SUGGESTIONS]
    return f"similar: {', '.join(near)}"
