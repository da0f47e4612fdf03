"""Rates and percentiles over the last seconds, out of deltas: of one process, or of all workers together.

A worker reports every three seconds, and what it reports stretches over the three seconds before. So that no second is
counted twice or not at all, a report is spread evenly over the time that it covers, and the window ends that long ago.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from locust_push.core.delta import DurationDelta, Totals
from locust_push.core.histogram import quantiles


@dataclass(frozen=True, slots=True)
class _Report:
    """What one process did in some seconds."""

    start: float
    end: float
    totals: Totals

    def share(self, start: float, end: float) -> float:
        """How much of it falls between two times, 0 to 1."""
        overlap = min(self.end, end) - max(self.start, start)
        return max(0.0, overlap / (self.end - self.start))


@dataclass(frozen=True, slots=True)
class Rates:
    """What happened in the window.

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
    """The reports of the last seconds."""

    def __init__(self, seconds: float, *, delay: float) -> None:
        """Cover ``seconds``, up to ``delay`` seconds ago; ``delay`` is the longest that a report takes to arrive."""
        self._seconds = seconds
        self._delay = delay
        self._reports: deque[_Report] = deque()

    def __repr__(self) -> str:
        return f"<Window of {self._seconds:g} s, {len(self._reports)} reports>"

    def add(self, totals: Totals, start: float, end: float) -> None:
        """Take in what one process recorded from ``start`` to ``end``, seconds of any monotonic clock."""
        if end > start and totals.requests:
            self._reports.append(_Report(start, end, totals))

    def rates(self, now: float, shares: Sequence[float]) -> Rates:
        """What happened in the window that ends ``delay`` before ``now``; ``shares`` are 0 to 1, as of a quantile."""
        end = now - self._delay
        start = end - self._seconds
        while self._reports and self._reports[0].end <= start:
            self._reports.popleft()
        requests = failures = 0.0
        durations = DurationDelta()
        for report in self._reports:
            share = report.share(start, end)
            requests += share * report.totals.requests
            failures += share * report.totals.failures
            # A distribution cannot be cut in two: a report counts where most of it lies.
            if share >= 0.5:
                durations.merge(report.totals.durations)
        percent = 100 * failures / requests if requests else 0.0
        per_second = requests / self._seconds, failures / self._seconds
        return Rates(*per_second, percent, quantiles(durations, shares))
