"""Rates and percentiles over the last seconds, out of deltas: of one process, or of all workers together.

A worker reports every three seconds, at times of its own. So the window of each process ends where its last report
does: no second counts twice or not at all, and nothing waits for the slowest report. A rate is divided by the time that
the window covers, which is shorter than the window until the run is as old.
"""

import math
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import field

from locust_push.core.delta import DurationDelta, Totals
from locust_push.core.histogram import quantiles
from locust_push.core.record import record

Listener = Callable[[Hashable, Totals, float, float], None]
"""Called with what one process recorded, and from when to when."""

SHORTEST = 1.0
"""Seconds of a run that a rate is made of at least: in less time, one burst of requests would look like a rate."""


@record(frozen=True, slots=True)
class _Report:
    """One report of a process: what it recorded, from when to when."""

    start: float
    end: float
    totals: Totals

    def share(self, start: float, end: float) -> float:
        """The share of it that falls between two times, 0 to 1."""
        overlap = min(self.end, end) - max(self.start, start)
        return max(0.0, overlap / (self.end - self.start))


@record(slots=True)
class _Source:
    """One process: its reports, and the time up to which they are known."""

    end: float
    reports: deque[_Report] = field(default_factory=deque)

    def shares(self, start: float, end: float) -> Iterator[tuple[float, Totals]]:
        """Yield the reports of that time, each with the share that falls into it; drop older ones."""
        while self.reports and self.reports[0].end <= start:
            self.reports.popleft()
        for report in self.reports:
            yield report.share(start, end), report.totals


@record(frozen=True, slots=True)
class Rates:
    """Rates and percentiles of the window; all NaN if the run is too young for a rate.

    Attributes:
        requests_per_second: Of all names.
        failures_per_second: The same, failed ones only.
        error_percent: Failures in percent of requests; 0 without any.
        percentiles: Seconds, one for each share asked for; NaN where nothing was measured.
    """

    requests_per_second: float
    failures_per_second: float
    error_percent: float
    percentiles: tuple[float, ...]


class Window:
    """The reports of the last seconds, by process."""

    def __init__(self, seconds: float, *, begin: float, delay: float, also: Listener | None = None) -> None:
        """Look back ``seconds``.

        Args:
            seconds: Length of the window.
            begin: When the run began, by the monotonic clock of all times here. No window reaches before it.
            delay: Seconds after which a process without a report counts as idle.
            also: Called with all that is added.
        """
        self._also = also
        self._seconds = seconds
        self._begin = begin
        self._delay = delay
        self._sources: dict[Hashable, _Source] = {}

    def __repr__(self) -> str:
        reports = sum(len(source.reports) for source in self._sources.values())
        return f"<Window of {self._seconds:g} s, {reports} reports of {len(self._sources)} processes>"

    def expect(self, sources: Iterable[Hashable]) -> None:
        """Wait for the first reports of these processes, which belong to the run from its beginning."""
        for source in sources:
            self._source(source)

    def add(self, source: Hashable, totals: Totals, start: float, end: float) -> None:
        """Add what one process recorded from ``start`` to ``end``; an empty report counts as well."""
        reporting = self._source(source)
        reporting.end = max(reporting.end, end)
        if end > start and totals.requests:
            reporting.reports.append(_Report(start, end, totals))
        if self._also:
            self._also(source, totals, start, end)

    def rates(self, now: float, shares: Sequence[float]) -> Rates:
        """Return the rates of the windows that end with the last reports; ``shares`` are 0 to 1, as of a quantile."""
        latest = now - self._delay
        self._forget(latest - self._seconds)
        ends = [max(source.end, latest) for source in self._sources.values()]
        if min(ends, default=latest) < self._begin + SHORTEST:
            return Rates(math.nan, math.nan, math.nan, (math.nan,) * len(shares))
        return self._rates(ends, shares)

    def _rates(self, ends: Sequence[float], shares: Sequence[float]) -> Rates:
        requests = failures = 0.0
        durations = DurationDelta()
        for source, end in zip(self._sources.values(), ends, strict=True):
            start = max(self._begin, end - self._seconds)
            for share, totals in source.shares(start, end):
                requests += share * totals.requests / (end - start)
                failures += share * totals.failures / (end - start)
                # A distribution cannot be cut in two: a report counts where most of it lies.
                if share >= 0.5:
                    durations.merge(totals.durations)
        return Rates(requests, failures, 100 * failures / requests if requests else 0.0, quantiles(durations, shares))

    def _source(self, name: Hashable) -> _Source:
        return self._sources.setdefault(name, _Source(self._begin))

    def _forget(self, before: float) -> None:
        """Drop processes that stopped reporting, so that memory stays bounded however many come and go."""
        for name in [name for name, source in self._sources.items() if source.end < before]:
            del self._sources[name]
