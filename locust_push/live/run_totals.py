"""The results of a whole run, once, at its end: out of the merged aggregates of all its processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locust_push.core import metrics
from locust_push.core.delta import DurationDelta
from locust_push.core.histogram import quantiles
from locust_push.core.labels import METHOD, NAME, QUANTILES, TOTAL
from locust_push.core.recorder import Recorder
from locust_push.core.series import Series
from locust_push.core.table import SeriesTable


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """The results of one (method, name).

    Attributes:
        method: Label ``method``.
        name: Label ``name``.
        requests: How many.
        failures: How many of them failed.
        rate: Requests per second over the whole run.
        response_times: Seconds by the label ``quantile``; empty where no request had a response time.
    """

    method: str
    name: str
    requests: int
    failures: int
    rate: float
    response_times: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RunTotals:
    """All rows; the last one stands for all."""

    rows: tuple[TotalsRow, ...]


def run_totals(recorder: Recorder, seconds: float, more_quantiles: Sequence[str] = ()) -> RunTotals:
    """Return the results that ``recorder`` holds of a run of so many ``seconds``.

    Args:
        recorder: Of all processes of the run.
        seconds: How long the run took.
        more_quantiles: Those that are wanted beside the usual ones, such as ``0.75``.
    """
    wanted = (*QUANTILES, *more_quantiles)
    rows, everything = [], DurationDelta()
    requests = failures = 0
    for method, name, endpoint in recorder.endpoints():
        durations = DurationDelta()
        for ring in endpoint.rings:
            durations.merge(ring.durations.histogram.everything)
        everything.merge(durations)
        requests, failures = requests + endpoint.requests, failures + endpoint.failures
        rows.append(_row((method, name), (endpoint.requests, endpoint.failures), durations, seconds, wanted))
    return RunTotals((*rows, _row(TOTAL, (requests, failures), everything, seconds, wanted)))


def _row(
    key: tuple[str, str], counts: tuple[int, int], durations: DurationDelta, seconds: float, wanted: Sequence[str]
) -> TotalsRow:
    rate = counts[0] / seconds if seconds > 0 else 0.0
    times = quantiles(durations, [*map(float, wanted)]) if durations.count else ()
    # A row has all quantiles, or none.
    return TotalsRow(*key, *counts, rate, dict(zip(wanted, times, strict=False)))


def write_run_totals(table: SeriesTable, summary: RunTotals) -> None:
    """Add the series of a summary."""
    for row in summary.rows:
        table.add(_Block(row))


class _Block:
    """The series of one row."""

    def __init__(self, row: TotalsRow) -> None:
        self._row = row

    def __len__(self) -> int:
        return 3 + len(self._row.response_times)

    @property
    def series(self) -> list[Series]:
        """Requests, failures, rate, response times."""
        labels = (METHOD, self._row.method), (NAME, self._row.name)
        counts = [
            Series(each, labels)
            for each in (metrics.RUN_REQUESTS, metrics.RUN_FAILURES, metrics.RUN_REQUESTS_PER_SECOND)
        ]
        times = [Series(metrics.RUN_RESPONSE_TIME, (*labels, ("quantile", each))) for each in self._row.response_times]
        return [*counts, *times]

    def read(self, values: list[float]) -> None:
        """Append their values."""
        row = self._row
        values += (row.requests, row.failures, row.rate, *row.response_times.values())
