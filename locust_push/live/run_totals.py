"""The results of a whole run, written once at its end, from the merged aggregates of all its processes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import field

from locust_push.core import metrics
from locust_push.core.delta import DurationDelta
from locust_push.core.histogram import durations_since, quantiles
from locust_push.core.labels import METHOD, NAME, QUANTILES, TOTAL, RowKey
from locust_push.core.record import record
from locust_push.core.recorder import Recorder
from locust_push.core.series import Series
from locust_push.core.stats_entry import StatsEntry
from locust_push.core.table import SeriesTable


@record(frozen=True, slots=True)
class Recorded:
    """The recorded data of one (method, name), or of all."""

    requests: int = 0
    failures: int = 0
    durations: DurationDelta = field(default_factory=DurationDelta)

    def since(self, earlier: "Recorded") -> "Recorded":
        """Return the difference to ``earlier``."""
        durations = durations_since(earlier.durations, self.durations)
        return Recorded(self.requests - earlier.requests, self.failures - earlier.failures, durations)


@record(frozen=True, slots=True)
class TotalsRow:
    """The results of one (method, name).

    Attributes:
        method: Label ``method``.
        name: Label ``name``.
        requests: Number of requests.
        failures: Number of failed requests.
        rate: Requests per second over the whole run.
        response_times: Seconds by the label ``quantile``; empty if no request had a response time.
        mean: Of the response times, seconds; NaN if no request had one.
    """

    method: str
    name: str
    requests: int
    failures: int
    rate: float
    response_times: Mapping[str, float]
    mean: float = math.nan


@record(frozen=True, slots=True)
class RunTotals:
    """All rows; the last one is the total."""

    rows: tuple[TotalsRow, ...]


def recorded_by(recorder: Recorder) -> dict[RowKey, Recorded]:
    """Return the data recorded up to now, by (method, name)."""
    return {(method, name): _recorded(entry) for method, name, entry in recorder.endpoints()}


def _recorded(entry: StatsEntry) -> Recorded:
    durations = DurationDelta()
    for ring in entry.rings:
        durations.merge(ring.durations.histogram.everything)
    return Recorded(entry.requests, entry.failures, durations)


def recorded_since(earlier: Mapping[RowKey, Recorded], now: Mapping[RowKey, Recorded]) -> dict[RowKey, Recorded]:
    """Return the difference to ``earlier``, for each (method, name) with requests since then."""
    added = {key: one.since(earlier.get(key, Recorded())) for key, one in now.items()}
    return {key: one for key, one in added.items() if one.requests}


def run_totals(recorded: Mapping[RowKey, Recorded], seconds: float, more_quantiles: Sequence[str] = ()) -> RunTotals:
    """Return the results of a run that took ``seconds``.

    Args:
        recorded: Data of all processes of the run.
        seconds: Duration of the run.
        more_quantiles: Quantiles in addition to the usual ones, such as ``0.75``.
    """
    wanted = (*QUANTILES, *more_quantiles)
    everything = DurationDelta()
    for one in recorded.values():
        everything.merge(one.durations)
    total = Recorded(
        sum(one.requests for one in recorded.values()), sum(one.failures for one in recorded.values()), everything
    )
    rows = ((key, one) for key, one in (*recorded.items(), (TOTAL, total)))
    return RunTotals(tuple(_row(key, one, seconds, wanted) for key, one in rows))


def _row(key: RowKey, recorded: Recorded, seconds: float, wanted: Sequence[str]) -> TotalsRow:
    rate = recorded.requests / seconds if seconds > 0 else 0.0
    durations = recorded.durations
    times = quantiles(durations, [*map(float, wanted)]) if durations.count else ()
    mean = durations.sum / durations.count if durations.count else math.nan
    # A row has all quantiles, or none.
    return TotalsRow(*key, recorded.requests, recorded.failures, rate, dict(zip(wanted, times, strict=False)), mean)


def write_run_totals(
    table: SeriesTable, summary: RunTotals, of_what: metrics.TotalsMetrics = metrics.WHOLE_RUN
) -> None:
    """Add the series of a summary, of the whole run or of a part of it."""
    for row in summary.rows:
        table.add(_Block(row, of_what))


class _Block:
    """The series of one row."""

    def __init__(self, row: TotalsRow, of_what: metrics.TotalsMetrics) -> None:
        self._row = row
        self._of_what = of_what
        self._means = () if of_what.mean is None or math.isnan(row.mean) else (of_what.mean,)

    def __len__(self) -> int:
        return 3 + len(self._row.response_times) + len(self._means)

    @property
    def series(self) -> list[Series]:
        """Requests, failures, rate, mean, response times."""
        labels = (METHOD, self._row.method), (NAME, self._row.name)
        whole = self._of_what
        numbers = (whole.requests, whole.failures, whole.requests_per_second, *self._means)
        times = [Series(whole.response_time, (*labels, ("quantile", each))) for each in self._row.response_times]
        return [*(Series(each, labels) for each in numbers), *times]

    def read(self, values: list[float]) -> None:
        """Append their values."""
        row = self._row
        values += (row.requests, row.failures, row.rate, *(row.mean for _ in self._means), *row.response_times.values())
