"""Reading runs back: what a source must offer, what a run's results are, and how runs are named.

``summary`` holds the data types, ``names`` finds a run by what a user typed, ``samples`` decodes what was pushed,
``build`` makes results of it, ``archive`` reads the folders that ``--push-url file:DIR`` writes.
"""

from collections.abc import Sequence
from typing import Protocol

from locust_push.history.archive import Archive
from locust_push.history.names import UnknownRunError
from locust_push.history.summary import QUANTILES, Row, Run, RunSummary

__all__ = ["QUANTILES", "Archive", "Row", "Run", "RunSource", "RunSummary", "UnknownRunError"]


class RunSource(Protocol):
    """Somewhere that holds runs."""

    def list(self) -> Sequence[Run]:
        """Return all runs, newest first."""
        ...

    def read(self, name: str) -> RunSummary:
        """Return the results of a run, by its ID, ``latest`` or ``latest~N`` (``latest~1`` is the one before it).

        Raises:
            UnknownRunError: There is no such run.
        """
        ...
