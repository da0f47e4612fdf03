"""What a metric and a time series are. Only the data types; :mod:`locust_push.core.metrics` lists the metrics."""

import struct
from enum import StrEnum
from typing import NamedTuple

from locust_push.core.labels import METHOD, NAME
from locust_push.core.record import record

STALE_MARKER = struct.pack("<Q", 0x7FF0000000000002)
"""The NaN that ends a series, little-endian (remote-write 1.0 specification, "Stale Markers")."""

STALE_NAN: float = struct.unpack("<d", STALE_MARKER)[0]
"""The same as a value; in text formats a plain NaN."""

Labels = tuple[tuple[str, str], ...]
"""Label pairs in the order in which they were given; encoders sort them as their format wants."""


class MetricType(StrEnum):
    """The types of the Prometheus data model that the agent writes."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"

    @property
    def cumulative(self) -> bool:
        """Whether samples of this type start at 0 and only grow, so that a 0 must precede the first one."""
        return self is not MetricType.GAUGE


@record(frozen=True, slots=True)
class Metric:
    """One metric family: everything that is the same for all its series.

    Attributes:
        name: Family name as in ``# TYPE``, such as ``locust_request_duration_seconds``.
        type: Prometheus metric type.
        help: One line for ``# HELP``; the same in every process, since a Pushgateway refuses anything else.
        unit: Base unit, a suffix of the name (``seconds``, ``bytes``), or empty.
    """

    name: str
    type: MetricType
    help: str
    unit: str = ""


class Series(NamedTuple):
    """One time series: a metric, a sample-name suffix such as ``_bucket``, and its own labels.

    A named tuple, which takes half the time of a frozen dataclass to make: a run may begin with tens of thousands.

    Labels that every series of the process carries (``job``, ``instance``, ``run_id``, the user's) are not in here;
    the encoder adds them once.
    """

    metric: Metric
    labels: Labels = ()
    suffix: str = ""

    @property
    def name(self) -> str:
        """Sample name, as in ``__name__``."""
        return self.metric.name + self.suffix


class Form:
    """The series that each (method, name) has of one kind, such as the buckets of its response times.

    They differ in these two labels only, so that an encoder works out all else once.

    Attributes:
        members: The series without these two labels; own labels follow them, and no name of one sorts between theirs.
        metrics: The metrics of the members, each once.
    """

    __slots__ = ("members", "metrics")

    def __init__(self, *members: Series) -> None:
        self.members = members
        self.metrics = tuple({series.metric.name: series.metric for series in members}.values())

    def series(self, method: str, name: str) -> list[Series]:
        """Return the series of one (method, name)."""
        labels = (METHOD, method), (NAME, name)
        return [Series(metric, labels + own, suffix) for metric, own, suffix in self.members]
