"""The interface of sources of runs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from locust_push.results.model import Run, RunResults


class RunSource(Protocol):
    """A source of runs."""

    @property
    def delay(self) -> float:
        """Seconds after which pushed data can be read."""
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

    def before(self, run: Run, match: Mapping[str, str]) -> Iterator[Run]:
        """Yield the runs that began before ``run``, have its parameters and these labels, the newest first.

        Raises:
            StoreError: The store does not answer.
        """
        ...

    def read(self, name: str, own_metrics: Collection[str] = (), warmup: float | None = None) -> RunResults:
        """Return the results of a run, named as in :meth:`find`.

        Args:
            name: Name of the run.
            own_metrics: Names of the locustfile's metrics to read as well.
            warmup: Seconds at the run's beginning that are excluded; None for those that it was run with.

        Raises:
            UnknownRunError: There is no such run.
        """
        ...
