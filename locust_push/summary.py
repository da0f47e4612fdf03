"""The results of a whole run, once, at its end: out of the merged aggregates of all its processes."""

from dataclasses import dataclass

from locust_push.core import metrics
from locust_push.core.histogram import DurationHistogram
from locust_push.core.recorder import Endpoint, Recorder
from locust_push.core.table import Family, SeriesTable

QUANTILES = ("0.5", "0.9", "0.95", "0.99", "0.999", "1")
AGGREGATED = "Aggregated"
"""The name of the row that stands for all, as in Locust's own tables."""


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one (method, name).

    Attributes:
        method: Label ``method``.
        name: Label ``name``.
        requests: How many.
        failures: How many of them failed.
        rate: Requests per second over the whole run.
        response_times: Seconds, one for each of :data:`QUANTILES`; empty where no request had a response time.
    """

    method: str
    name: str
    requests: int
    failures: int
    rate: float
    response_times: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All rows; the last one stands for all."""

    rows: tuple[Row, ...]


def read_summary(recorder: Recorder, seconds: float) -> Summary:
    """The results that ``recorder`` holds of a run of so many ``seconds``."""
    rows, everything = [], _Total(recorder.buckets)
    for method, name, endpoint in recorder.endpoints():
        total = _Total(recorder.buckets)
        for each in (total, everything):
            each.add(endpoint)
        rows.append(total.row(method, name, seconds))
    return Summary((*rows, everything.row("", AGGREGATED, seconds)))


class _Total:
    """Successes and failures of endpoints together."""

    def __init__(self, buckets: tuple[float, ...]) -> None:
        self._requests = 0
        self._failures = 0
        self._durations = DurationHistogram(buckets)

    def add(self, endpoint: Endpoint) -> None:
        self._requests += int(endpoint.success.requests + endpoint.failure.requests)
        self._failures += int(endpoint.failure.requests)
        for ring in (endpoint.success, endpoint.failure):
            self._durations.merge(ring.durations.histogram)

    def row(self, method: str, name: str, seconds: float) -> Row:
        measured = self._durations if self._durations.count else None
        response_times = tuple(measured.quantile(float(each)) for each in QUANTILES) if measured else ()
        rate = self._requests / seconds if seconds > 0 else 0.0
        return Row(method, name, self._requests, self._failures, rate, response_times)


def write_summary(table: SeriesTable, summary: Summary) -> None:
    """Add the series of a summary."""
    requests = Family(table, metrics.RUN_REQUESTS, "method", "name")
    failures = Family(table, metrics.RUN_FAILURES, "method", "name")
    rate = Family(table, metrics.RUN_REQUESTS_PER_SECOND, "method", "name")
    response_time = Family(table, metrics.RUN_RESPONSE_TIME, "method", "name", "quantile")
    for row in summary.rows:
        requests.cell(row.method, row.name).value = row.requests
        failures.cell(row.method, row.name).value = row.failures
        rate.cell(row.method, row.name).value = row.rate
        # Without strict: a row may have none.
        for quantile, seconds in zip(QUANTILES, row.response_times, strict=False):
            response_time.cell(row.method, row.name, quantile).value = seconds
