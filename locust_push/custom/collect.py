"""Collects custom metrics: calls every collector at each tick, and puts its metrics into the table.

Other greenlets may run between two collectors, and between two families of one. The values of a collector are of one
moment.
"""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from locust_push.core.clock import TimeLimit
from locust_push.custom.entries import Entries
from locust_push.custom.source import CollectorSource

logger = logging.getLogger(__name__)

Collectors = Callable[[], Iterable[Any]]
"""The collectors that are registered now; each has a method ``collect()`` as prometheus_client's have."""


class CustomMetrics:
    """Collects the custom metrics of one process in one run."""

    def __init__(
        self, collectors: Collectors, entries: Entries, *, time_limit: TimeLimit, performance_clock: Callable[[], float]
    ) -> None:
        """Call ``collectors``, each bounded by ``time_limit``; measure by a clock in seconds."""
        self._collectors = collectors
        self._entries = entries
        self._time_limit = time_limit
        self._performance_clock = performance_clock
        self._sources: dict[Any, CollectorSource] = {}
        self._pass = 0
        self._began = False
        self._overflow_told = False

    def __repr__(self) -> str:
        return f"<CustomMetrics {len(self._entries)} series from {len(self._sources)} collectors>"

    @property
    def left_out(self) -> int:
        """How many series exceeded the limit, as far as the last pass has come."""
        return self._entries.left_out + sum(source.left_out for source in self._sources.values())

    def begin(self) -> None:
        """Read all values at the start of the run, which cumulative metrics count from."""
        for _ in self.collect():
            pass
        self._began = True

    def collect(self) -> Iterator[None]:
        """Call every collector, yielding where the caller may pause.

        A new pass ends the previous one: it calls all collectors, except those that have not answered yet.
        """
        self._pass += 1
        number = self._pass
        for _ in self._steps():
            if self._pass == number:
                yield
            if self._pass != number:
                return

    def _steps(self) -> Iterator[None]:
        self._entries.next_pass()
        unanswered = []
        for source in self._present():
            families = None if source.busy else self._ask(source)
            yield
            if families is None or not (yield from self._take(source, families)):
                unanswered.append(source)
        self._entries.sweep(unanswered)
        self._tell_of_overflow()

    def _ask(self, source: CollectorSource) -> list[Any] | None:
        return source.ask(self._time_limit, self._performance_clock, self._entries.max_series)

    def _take(self, source: CollectorSource, families: Iterable[Any]) -> Generator[None, None, bool]:
        """Take the families of a collector; return whether all were valid."""
        try:
            for family in families:
                yield from self._entries.take(source, family)
                yield
        except Exception as error:  # noqa: BLE001  # third-party metric families may raise anything
            source.failed(error)
            return False
        source.begun = True
        return True

    def _present(self) -> list[CollectorSource]:
        """Return the collectors that are registered now, and forget the others."""
        known, began = self._sources, self._began
        self._sources = {one: known.get(one) or CollectorSource(one, begun=began) for one in self._collectors()}
        return [*self._sources.values()]

    def _tell_of_overflow(self) -> None:
        if self.left_out and not self._overflow_told:
            self._overflow_told = True
            logger.warning(
                "locust-push: more than %d custom series; %d are dropped. Use labels with fewer values, or raise "
                "--push-max-custom-series",
                self._entries.max_series,
                self.left_out,
            )
