"""Which runs another one is held against: named, or the newest of its kind. Pure but for the source."""

import re
from collections.abc import Callable, Iterable

from locust_push.results.model import Run, RunResults
from locust_push.results.source import RunSource

_NEWEST = re.compile(r"latest:(?P<count>[1-9][0-9]{0,2})")
_SEARCHED = 200
"""Runs that are looked through for those with the same parameters."""

Read = Callable[[str], RunResults]
"""Reads a run by name."""


def read_baselines(source: RunSource, run: Run, wanted: str, read: Read) -> list[RunResults]:
    """Return the runs that a user named: with commas between them, or ``latest:N``, of which there may be fewer.

    Raises:
        UnknownRunError: There is no such run.
    """
    match = _NEWEST.fullmatch(wanted.strip())
    if match:
        names = [one.run_id for one in newest_before(source.list(_SEARCHED), run, int(match["count"]))]
    else:
        names = [name.strip() for name in wanted.split(",") if name.strip()]
    return [read(name) for name in names]


def newest_before(runs: Iterable[Run], run: Run, count: int) -> list[Run]:
    """Return the newest runs that ended, began before ``run`` and have its parameters; at most ``count``.

    Args:
        runs: Newest first.
        run: The one to judge.
        count: How many.
    """
    alike = [
        one
        for one in runs
        if one.run_id != run.run_id and one.end_time is not None and one.parameters == run.parameters
        if run.start_time is None or (one.start_time or 0.0) < run.start_time
    ]
    return alike[:count]
