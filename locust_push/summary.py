"""The results of a whole run, once, at its end: read from Locust's own merged statistics, written as series.

Reads Locust's objects by attribute and imports nothing of it.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from locust_push.core import metrics
from locust_push.core.recorder import OVERFLOW, label_text
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
        response_times: Seconds, one for each of :data:`QUANTILES`; empty where several entries share the row, since
            quantiles cannot be put together.
    """

    method: str
    name: str
    requests: int
    failures: int
    rate: float
    response_times: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All rows; ``requests`` is their total."""

    rows: tuple[Row, ...]
    requests: int


def read_summary(stats: Any, *, max_names: int) -> Summary:
    """Read Locust's statistics; entries beyond ``max_names`` come as :data:`OVERFLOW`, of methods known by then."""
    entries = stats.entries.values()
    rows = [_row(label_text(entry.method), label_text(entry.name), entry) for entry in islice(entries, max_names)]
    methods = {row.method for row in rows}
    for entry in islice(entries, max_names, None):
        method = label_text(entry.method)
        rows.append(_row(method if method in methods else OVERFLOW, OVERFLOW, entry))
    return Summary((*rows, _row("", AGGREGATED, stats.total)), stats.total.num_requests)


def _row(method: str, name: str, entry: Any) -> Row:
    quantiles = () if name == OVERFLOW else map(float, QUANTILES)
    response_times = tuple(entry.get_response_time_percentile(quantile) / 1000 for quantile in quantiles)
    return Row(method, name, entry.num_requests, entry.num_failures, entry.total_rps, response_times)


def passed(environment: Any) -> bool:
    """Whether Locust will end with exit code 0, by all that is decided now; a ``quitting`` listener may differ."""
    code = environment.process_exit_code
    if code is None:
        failed = environment.runner.errors or environment.runner.exceptions
        code = getattr(environment.parsed_options, "exit_code_on_error", 1) if failed else 0
    return not code


def write_summary(table: SeriesTable, summary: Summary, *, end_time: float) -> None:
    """Add the series of a summary and the time of the run's end (Unix seconds); rows of the same labels add up."""
    Family(table, metrics.RUN_END).cell().value = end_time
    requests = Family(table, metrics.RUN_REQUESTS, "method", "name")
    failures = Family(table, metrics.RUN_FAILURES, "method", "name")
    rate = Family(table, metrics.RUN_REQUESTS_PER_SECOND, "method", "name")
    response_time = Family(table, metrics.RUN_RESPONSE_TIME, "method", "name", "quantile")
    for row in summary.rows:
        requests.cell(row.method, row.name).value += row.requests
        failures.cell(row.method, row.name).value += row.failures
        rate.cell(row.method, row.name).value += row.rate
        # Without strict: a row that stands for several has none.
        for quantile, seconds in zip(QUANTILES, row.response_times, strict=False):
            response_time.cell(row.method, row.name, quantile).value = seconds
