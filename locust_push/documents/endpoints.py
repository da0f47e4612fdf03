"""The sections of a report about single requests: its percentiles, its distribution and its failures. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from locust_push.core.labels import RowKey
from locust_push.documents.charts import distribution_chart
from locust_push.documents.content import Report
from locust_push.documents.drawing import Drawing, draw
from locust_push.documents.tables import HEADINGS, Grid, TableCell
from locust_push.results.measures import MEASURES
from locust_push.results.model import ResultRow

MAX_PARTS = 50
"""Most requests with a section: those made most often. All are in the table."""

_BINS = 30
_SHOWN = ("rps", "error_rate", "avg", "min", "p50", "p90", "p95", "p99", "p99.9", "max")


class EndpointNumber(NamedTuple):
    """A measure, its value as text, and the baseline's, empty without one."""

    name: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class EndpointPart:
    """The section about one request.

    Attributes:
        label: Method and name.
        summary: The numbers that matter most, on one line.
        numbers: The measures, with those of the baseline.
        distribution: Of its response times.
        failures: By type; None without any.
    """

    label: str
    summary: str
    numbers: tuple[EndpointNumber, ...]
    distribution: Drawing
    failures: Grid | None


def endpoint_parts(report: Report) -> Iterator[EndpointPart]:
    """Yield the sections of a report, in the order of its table."""
    before = {_key(row): row for row in report.baseline.rows} if report.baseline else {}
    often = sorted(report.run.rows, key=lambda row: -row.requests)[:MAX_PARTS]
    for row in sorted(often, key=lambda row: (row.name, row.method)):
        yield _part(row, before.get(_key(row)))


def _key(row: ResultRow) -> RowKey:
    return row.method, row.name


def _part(row: ResultRow, before: ResultRow | None) -> EndpointPart:
    # Without the texts of bins on hover, which are half of a page with many requests.
    chart = replace(distribution_chart(row, before, _BINS), hovers=())
    return EndpointPart(row.label, _summary(row), tuple(_numbers(row, before)), draw(chart), _failures(row))


def _summary(row: ResultRow) -> str:
    shown = ((name, MEASURES[name].show(MEASURES[name].read(row))) for name in ("requests", "p95"))
    failed = f", {MEASURES['error_rate'].show(row.failure_percent)} failed" if row.failures else ""
    return ", ".join(f"{value} {name}" if name == "requests" else f"{name} {value}" for name, value in shown) + failed


def _numbers(row: ResultRow, before: ResultRow | None) -> Iterator[EndpointNumber]:
    for name in _SHOWN:
        measure = MEASURES[name]
        was = measure.show(measure.read(before)) if before else ""
        yield EndpointNumber(HEADINGS.get(name, name), measure.show(measure.read(row)), was)


def _failures(row: ResultRow) -> Grid | None:
    rows = [[TableCell(kind), TableCell(f"{count:,}", order=count)] for kind, count in row.failures_by_kind.items()]
    return Grid(("type of failure", "failures"), rows) if rows else None
