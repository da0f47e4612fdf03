"""Reading runs back: what a source must offer, what a run's results are, and how runs are named.

``summary`` holds the data types, ``names`` finds a run by what a user typed. Two sources: ``archive`` reads the folders
that ``--push-url file:DIR`` writes, by ``scan``; ``prometheus`` asks a store, by ``query_api``. Both give the findings
of ``samples``, of which ``build`` makes results, with ``tally``, ``quantile`` and ``curves``.
"""

from collections.abc import Sequence
from typing import Protocol

from locust_push.history.archive import Archive
from locust_push.history.names import UnknownRunError
from locust_push.history.summary import QUANTILES, Row, Run, RunSummary

__all__ = ["QUANTILES", "Archive", "Row", "Run", "RunSource", "RunSummary", "UnknownRunError"]


class RunSource(Protocol):
    """Somewhere that holds runs."""

    @property
    def delay(self) -> float:
        """Seconds after which all that it was given can be read."""
        ...

    def list(self, limit: int | None = None) -> Sequence[Run]:
        """Return the newest runs, all without a ``limit``, newest first."""
        ...

    def find(self, name: str) -> Run:
        """Return a run, by its ID, ``latest`` or ``latest~N`` (``latest~1`` is the one before it).

        Raises:
            UnknownRunError: There is no such run.
        """
        ...

    def read(self, name: str) -> RunSummary:
        """Return the results of a run, named as in :meth:`find`.

        Raises:
            UnknownRunError: There is no such run.
        """
        ...
