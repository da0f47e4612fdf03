"""The Prometheus text exposition format: snapshots to the body of a Pushgateway push.

Source: "Exposition formats", section "Text-based format", version 0.0.4. All lines of a family follow its one HELP and
TYPE line; there are no timestamps, which a Pushgateway refuses.
"""

import math
from collections.abc import Iterator

from locust_push.core.series import Labels, Metric, Series
from locust_push.core.snapshot import Snapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LINES_PER_PART = 4000
_NEW_SERIES = 1000
"""New series between two pauses: some 2 ms of work."""


class TextEncoder:
    """Encodes the snapshots of one process in one run; the text before the values is encoded once per series."""

    content_type = CONTENT_TYPE

    def __init__(self, common_labels: Labels) -> None:
        """Add ``common_labels`` to every series."""
        self._common = common_labels
        self._known = 0
        # Metric -> the indexes of its series, and the lines up to their values.
        self._families: dict[Metric, tuple[list[int], list[str]]] = {}

    def __repr__(self) -> str:
        return f"<TextEncoder {self._known} series in {len(self._families)} families>"

    def encode(self, snapshot: Snapshot) -> Iterator[bytes]:
        """The text in parts, which joined are one body; work is done as parts are asked for, some of them empty."""
        yield from self._learn(snapshot)
        values = snapshot.values
        for indexes, lines in self._families.values():
            for start in range(0, len(indexes), _LINES_PER_PART):
                part = slice(start, start + _LINES_PER_PART)
                numbers = [format_value(values[index]) for index in indexes[part]]
                self._add_exemplars(numbers, indexes[part], snapshot)
                yield "".join(map("{}{}\n".format, lines[part], numbers)).encode()

    def _add_exemplars(self, numbers: list[str], indexes: list[int], snapshot: Snapshot) -> None:
        """Nothing here: this format has no exemplars."""

    @staticmethod
    def _header(metric: Metric) -> str:
        return family_header(metric)

    def _learn(self, snapshot: Snapshot) -> Iterator[bytes]:
        """Encode new series, once; the first line of a family includes its header."""
        for index in range(self._known, len(snapshot.values)):
            series = snapshot.series[index]
            prefix = line_prefix(series, self._common)
            family = self._families.get(series.metric)
            if family is None:
                family = self._families[series.metric] = [], []
                prefix = self._header(series.metric) + prefix
            family[0].append(index)
            family[1].append(prefix)
            self._known = index + 1
            if not self._known % _NEW_SERIES:
                yield b""


def family_header(metric: Metric) -> str:
    """The HELP and TYPE lines of a family."""
    help_text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {help_text}\n# TYPE {metric.name} {metric.type}\n"


def line_prefix(series: Series, common: Labels) -> str:
    """A sample line up to its value. An empty label value is the same as no such label."""
    labels = ",".join(f'{name}="{escape_label_value(value)}"' for name, value in (*common, *series.labels) if value)
    return f"{series.name}{{{labels}}} " if labels else f"{series.name} "


def escape_label_value(value: str) -> str:
    """A label value with backslash, double quote and line feed escaped, as the format demands."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def format_value(value: float) -> str:
    """A sample value: the shortest text that reads back as the same number."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
