"""The run over time, kept in memory by the master or local process, for reports without a store. Pure."""

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

from locust_push.core import metrics
from locust_push.core.delta import Totals
from locust_push.core.labels import FAILURE, SUCCESS
from locust_push.core.series import Series
from locust_push.core.snapshot import Snapshot

if TYPE_CHECKING:
    from locust_push.results.model import ErrorText

MAX_REPORTS = 512
"""Most counts that are kept of each process; beyond it every other one is dropped, as for ticks."""

MAX_TICKS = 2048
"""Most ticks that are kept, three hours at five seconds; beyond it every other one is dropped, repeatedly, so that
memory stays below a megabyte and the whole run is covered."""

RecordedCurve = tuple[Series, list[tuple[int, float]]]
"""A series, and pairs of Unix time in ms and value, oldest first."""


class RunRecord:
    """The series of :data:`~locust_push.core.metrics.OVER_TIME` in each snapshot, and the requests of each process.

    Attributes:
        error_texts: The most frequent messages of failed requests, set at the end of the run.
    """

    def __init__(self, begin: float, limit: int = MAX_TICKS) -> None:
        """Keep at most ``limit`` ticks, ≥ 2, of a run that began at ``begin``, monotonic seconds."""
        self.error_texts: tuple[ErrorText, ...] = ()
        self._begin = begin
        self._counts: dict[Hashable, list[tuple[float, int, int]]] = {}
        self._limit = limit
        self._stride = 1
        self._seen = 0
        self._indices: list[int] = []
        self._series: Sequence[Series] = ()
        self._ticks: list[tuple[int, tuple[float, ...]]] = []

    def __repr__(self) -> str:
        return f"<RunRecord {len(self._ticks)} ticks of {self._seen}>"

    def observe(self, snapshot: Snapshot) -> None:
        """Keep the values of a snapshot, unless it falls between two kept ones."""
        if not self._indices:
            # The table is append-only, and these series are in it from the first tick on.
            self._indices = [
                number for number, series in enumerate(snapshot.series) if series.metric in metrics.OVER_TIME
            ]
            self._series = [snapshot.series[number] for number in self._indices]
        if self._seen % self._stride == 0:
            self._ticks.append((snapshot.timestamp_ms, tuple(snapshot.values[number] for number in self._indices)))
        self._seen += 1
        if len(self._ticks) > self._limit:
            self._ticks = self._ticks[::2]
            self._stride *= 2

    def curves(self) -> list[RecordedCurve]:
        """Return the kept values, series by series."""
        return [
            (series, [(time_ms, values[number]) for time_ms, values in self._ticks])
            for number, series in enumerate(self._series)
        ]

    def count(self, source: Hashable, totals: Totals, start: float, end: float) -> None:
        """Add what one process recorded from ``start`` to ``end``, monotonic seconds; each request once."""
        counts = self._counts.setdefault(source, [(start, 0, 0)])
        last, requests, failures = counts[-1]
        counts.append((max(last, end), requests + totals.requests, failures + totals.failures))
        if len(counts) > MAX_REPORTS:
            # The newest stays: it has the total.
            del counts[1:-1:2]

    def counted(self, start_time: float) -> Iterator[tuple[str, list[tuple[int, float]]]]:
        """Yield statuses, and pairs of Unix time in ms and count, of a run that began at a Unix time."""
        for counts in self._counts.values():
            times = [round(1000 * (start_time + end - self._begin)) for end, _, _ in counts]
            yield SUCCESS, [(at, float(made - failed)) for at, (_, made, failed) in zip(times, counts, strict=True)]
            yield FAILURE, [(at, float(failed)) for at, (_, _, failed) in zip(times, counts, strict=True)]
