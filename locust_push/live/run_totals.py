"""The results of a whole run, written once at its end, from the merged aggregates of all its processes."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from locust_push.core import metrics
from locust_push.core.delta import DurationDelta
from locust_push.core.histogram import durations_since, quantiles
from locust_push.core.labels import QUANTILES, TOTAL, RowKey
from locust_push.core.recorder import Recorder
from locust_push.core.series import Form, Series
from locust_push.core.stats_entry import StatsEntry
from locust_push.core.table import RowBlock, SeriesTable

_NO_DURATIONS = DurationDelta()


class Recorded(NamedTuple):
    """The recorded data of one (method, name), or of all."""

    requests: int = 0
    failures: int = 0
    durations: DurationDelta = _NO_DURATIONS

    def since(self, earlier: "Recorded") -> "Recorded":
        """Return the difference to ``earlier``."""
        durations = durations_since(earlier.durations, self.durations)
        return Recorded(self.requests - earlier.requests, self.failures - earlier.failures, durations)


class TotalsRow(NamedTuple):
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


class RunTotals(NamedTuple):
    """All rows; the last one is the total."""

    rows: tuple[TotalsRow, ...]


def recorded_by(recorder: Recorder) -> dict[RowKey, Recorded]:
    """Return the data recorded up to now, by (method, name)."""
    return {(method, name): _recorded(entry) for method, name, entry in recorder.endpoints()}


def _recorded(entry: StatsEntry) -> Recorded:
    first, *more = (ring.durations.histogram.distribution for ring in entry.rings)
    for durations in more:
        first.merge(durations)
    return Recorded(entry.requests, entry.failures, first)


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
    shares = [*map(float, wanted)]
    return RunTotals(tuple(_row(key, one, seconds, wanted, shares) for key, one in rows))


def _row(key: RowKey, recorded: Recorded, seconds: float, wanted: Sequence[str], shares: Sequence[float]) -> TotalsRow:
    rate = recorded.requests / seconds if seconds > 0 else 0.0
    durations = recorded.durations
    times = quantiles(durations, shares) if durations.count else ()
    mean = durations.sum / durations.count if durations.count else math.nan
    # A row has all quantiles, or none.
    return TotalsRow(*key, recorded.requests, recorded.failures, rate, dict(zip(wanted, times, strict=False)), mean)


def write_run_totals(
    table: SeriesTable, summary: RunTotals, of_what: metrics.TotalsMetrics = metrics.WHOLE_RUN
) -> None:
    """Add the series of a summary, of the whole run or of a part of it."""
    forms: dict[tuple[str, ...], Form] = {}
    for row in summary.rows:
        labels = tuple(row.response_times)
        form = forms.get(labels) or forms.setdefault(labels, _form(of_what, labels))
        table.add(_Block(row, form))


class _Block(RowBlock):
    """The series of one row."""

    __slots__ = ("_row", "form")

    def __init__(self, row: TotalsRow, form: Form) -> None:
        super().__init__((row.method, row.name))
        self._row = row
        self.form = form

    def read(self, values: list[float]) -> None:
        """Append their values."""
        row = self._row
        means = len(self.form.members) - 3 - len(row.response_times)
        values += (row.requests, row.failures, row.rate, *[row.mean] * means, *row.response_times.values())


def _form(of_what: metrics.TotalsMetrics, labels: tuple[str, ...]) -> Form:
    """Return the series of rows with these quantiles: requests, failures, rate, perhaps mean, response times."""
    numbers = [of_what.requests, of_what.failures, of_what.requests_per_second]
    if of_what.mean is not None and labels:
        numbers.append(of_what.mean)
    return Form(*map(Series, numbers), *(Series(of_what.response_time, (("quantile", each),)) for each in labels))
