"""The numbers at the head of a report. Pure."""

import math
from dataclasses import dataclass

from locust_push.documents.content import Report
from locust_push.documents.tables import MEANINGS, NOTHING_SHOWN, interval_text
from locust_push.results.measures import SHIFT, measure_of

NAMED = (
    ("requests", "requests"),
    ("requests/s", "rps"),
    ("failed", "error_rate"),
    ("as a whole", "shift"),
    ("p50", "p50"),
    ("p95", "p95"),
    ("p99", "p99"),
    ("slowest", "max"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One number.

    Attributes:
        name: Name of the measure.
        value: As text.
        change: Change against the baseline as text; empty without one.
        before: Value in the baseline.
        meaning: One of :mod:`locust_push.documents.tables`, or empty.
    """

    name: str
    value: str
    change: str = ""
    before: str = ""
    meaning: str = ""


def tiles(report: Report) -> tuple[Tile, ...]:
    """Return the numbers of all requests together, and the maximum of users."""
    users = max((point.users for point in report.run.series if not math.isnan(point.users)), default=None)
    counted = [] if users is None else [Tile("users at most", f"{users:,.0f}")]
    return *counted, *(_tile(report, name, measure) for name, measure in NAMED)


def _tile(report: Report, name: str, measure_name: str) -> Tile:
    measure = measure_of(measure_name) or SHIFT
    value = measure.show(measure.read(report.run.aggregated))
    if report.comparison is None:
        return Tile(name, value)
    change = report.comparison.aggregated.change(measure_name)
    grown = NOTHING_SHOWN if change.verdict == "same" else interval_text(change.shown) or "new"
    return Tile(name, value, grown, measure.show(change.before), MEANINGS[change.verdict])
