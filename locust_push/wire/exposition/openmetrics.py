"""The OpenMetrics text format: snapshots to the answer of a scrape that asks for it.

Source: "OpenMetrics", version 1.0.0, section "Text format". It differs from the older format in names of counter
families, in UNIT and EOF lines, and it has exemplars.
"""

from collections.abc import Iterator

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Metric, MetricType
from locust_push.core.snapshot import Snapshot
from locust_push.wire.exposition.text import TextEncoder, escape_label_value, format_value

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_WITH_EXEMPLARS = MetricType.COUNTER, MetricType.HISTOGRAM


class OpenMetricsEncoder(TextEncoder):
    """Encodes the snapshots of one process in one run."""

    content_type = CONTENT_TYPE

    def encode(self, snapshot: Snapshot) -> Iterator[bytes]:
        """As :class:`TextEncoder`, with exemplars."""
        yield from super().encode(snapshot)
        yield b"# EOF\n"

    def _add_exemplars(self, numbers: list[str], indexes: list[int], snapshot: Snapshot) -> None:
        if not snapshot.exemplars:
            return
        for position, index in enumerate(indexes):
            exemplar = snapshot.exemplars.get(index)
            if exemplar is not None and snapshot.series[index].metric.type in _WITH_EXEMPLARS:
                numbers[position] += format_exemplar(exemplar)

    @staticmethod
    def _header(metric: Metric) -> str:
        """Return the header of a family; the family of a counter has the name of its samples without ``_total``."""
        name = metric.name.removesuffix("_total") if metric.type is MetricType.COUNTER else metric.name
        return openmetrics_header(name, metric.type, metric.unit, metric.help)


def openmetrics_header(name: str, kind: str, unit: str, help_text: str) -> str:
    """Return the lines before the samples of a family; a unit must end the name."""
    unit_line = f"# UNIT {name} {unit}\n" if unit and name.endswith(f"_{unit}") else ""
    help_line = f"# HELP {name} {escape_label_value(help_text)}\n" if help_text else ""
    return f"# TYPE {name} {kind}\n{unit_line}{help_line}"


def format_exemplar(exemplar: Exemplar) -> str:
    """Return the text behind the value of a sample (section "Exemplars"); times are seconds."""
    labels = ",".join(f'{name}="{escape_label_value(value)}"' for name, value in exemplar.labels)
    return f" # {{{labels}}} {format_value(exemplar.value)} {exemplar.timestamp_ms / 1000:.3f}"
