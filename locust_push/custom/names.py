"""Converts a sample of prometheus_client to a series of the run, and refuses those that the run cannot have. Pure.

Names and types are those of prometheus_client's own text exposition, except that anything but a counter, histogram or
summary is a gauge with the sample's name.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from locust_push.core import metrics
from locust_push.core.series import Labels, Metric, MetricType, Series
from locust_push.core.values import label_text, utf8_text

SUFFIXES: Mapping[MetricType, tuple[str, ...]] = {
    MetricType.COUNTER: ("",),
    MetricType.GAUGE: ("",),
    MetricType.HISTOGRAM: ("_bucket", "_sum", "_count"),
    MetricType.SUMMARY: ("", "_sum", "_count"),
}
"""Suffixes that sample names have in addition to the family's name."""

OWN_NAMES = frozenset(metric.name + suffix for metric in metrics.ALL for suffix in ("", *SUFFIXES[metric.type]))
"""Names of the agent's own families and samples."""

_METRIC_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL_NAME = r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*"
STRUCTURED = {"histogram": MetricType.HISTOGRAM, "summary": MetricType.SUMMARY}


class CollectedSample(Protocol):
    """The attributes of a ``prometheus_client.samples.Sample`` that are read."""

    @property
    def name(self) -> str:
        """As in the exposition."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """Its own labels."""
        ...


class CollectedFamily(Protocol):
    """The attributes of a ``prometheus_client.Metric`` that are read."""

    name: str
    type: str
    documentation: str
    unit: str


def series_of(family: CollectedFamily, sample: CollectedSample) -> Series:
    """Return the series of a sample; label values are cut as those of the agent's own series are."""
    labels: Labels = tuple((name, label_text(value)) for name, value in sample.labels.items())
    if (structured := STRUCTURED.get(family.type)) and sample.name.startswith(family.name):
        suffix = sample.name.removeprefix(family.name)
        if suffix in SUFFIXES[structured]:
            return Series(_metric(family, family.name, structured), labels, suffix)
    is_counter = family.type == "counter" and sample.name == f"{family.name}_total"
    return Series(_metric(family, sample.name, MetricType.COUNTER if is_counter else MetricType.GAUGE), labels)


def _metric(family: CollectedFamily, name: str, kind: MetricType) -> Metric:
    return Metric(name, kind, utf8_text(family.documentation), utf8_text(family.unit))


def name_problem(name: str) -> str | None:
    """Return the problem with the name of a family or sample, or None."""
    if name in OWN_NAMES:
        return "has a name that locust-push uses itself"
    return None if re.fullmatch(_METRIC_NAME, name) else "has a name that not every receiver takes"


def label_problem(names: Iterable[str], run_labels: Iterable[str]) -> str | None:
    """Return the problem with the label names of a sample, or None."""
    for name in names:
        if name in run_labels:
            return f"has a label {name}, which every series of a run has"
        if not re.fullmatch(_LABEL_NAME, name):
            return f"has a label {name!r}, which not every receiver accepts"
    return None
