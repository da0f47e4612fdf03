"""The Prometheus text exposition format: snapshots to the body of a Pushgateway push.

Source: "Exposition formats", section "Text-based format", version 0.0.4. All lines of a family stand together behind
its one HELP and TYPE line; there are no timestamps, which a Pushgateway refuses.
"""

import math
from collections.abc import Iterator

from locust_push.core.series import Labels, Metric, Series
from locust_push.core.snapshot import Snapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LINES_PER_PART = 4000


class TextEncoder:
    """Encodes the snapshots of one process in one run; what stands before the values is encoded once per series."""

    def __init__(self, common_labels: Labels) -> None:
        """Add ``common_labels`` to every series."""
        self._common = common_labels
        self._families: dict[Metric, list[int]] = {}
        self._prefixes: list[str] = []
        self._order: list[int] = []
        self._lines: list[str] = []

    def __repr__(self) -> str:
        return f"<TextEncoder {len(self._prefixes)} series in {len(self._families)} families>"

    def encode(self, snapshot: Snapshot) -> Iterator[bytes]:
        """The text in parts, which joined are one body; work is done as parts are asked for."""
        if len(snapshot.values) > len(self._prefixes):
            self._learn(snapshot)
        lines, values = self._lines, snapshot.values
        for start in range(0, len(self._order), _LINES_PER_PART):
            part = slice(start, start + _LINES_PER_PART)
            numbers = [format_value(values[index]) for index in self._order[part]]
            yield "".join(map("{}{}\n".format, lines[part], numbers)).encode()

    def _learn(self, snapshot: Snapshot) -> None:
        """Encode what is new, once, and put all series in the order of their families."""
        for index in range(len(self._prefixes), len(snapshot.values)):
            series = snapshot.series[index]
            self._prefixes.append(line_prefix(series, self._common))
            self._families.setdefault(series.metric, []).append(index)
        self._order = [index for indexes in self._families.values() for index in indexes]
        self._lines = [self._prefixes[index] for index in self._order]
        position = 0
        for metric, indexes in self._families.items():
            self._lines[position] = header(metric) + self._lines[position]
            position += len(indexes)


def header(metric: Metric) -> str:
    """The HELP and TYPE lines of a family."""
    help_text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {help_text}\n# TYPE {metric.name} {metric.type}\n"


def line_prefix(series: Series, common: Labels) -> str:
    """A sample line up to its value. An empty label value is the same as no such label."""
    labels = ",".join(f'{name}="{escape(value)}"' for name, value in (*common, *series.labels) if value)
    return f"{series.name}{{{labels}}} " if labels else f"{series.name} "


def escape(value: str) -> str:
    """A label value with backslash, double quote and line feed escaped, as the format demands."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def format_value(value: float) -> str:
    """A sample value: the shortest text that reads back as the same number."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
