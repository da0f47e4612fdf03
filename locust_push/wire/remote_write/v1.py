"""Prometheus remote-write 1.0: the pieces of ``prometheus.WriteRequest`` messages.

Source: "Prometheus Remote-Write Specification" 1.0. Metadata, exemplars and native histograms are not in its text; they
are written as Prometheus' own sender writes them.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from locust_push.core.exemplar import Exemplar
from locust_push.core.labels import RowKey
from locust_push.core.series import Labels, Metric, Series
from locust_push.wire.protobuf import delimited, varint
from locust_push.wire.remote_write.codec import TYPES, SortedLabels, exemplar_value

HEADERS: Mapping[str, str] = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
"""The headers that the specification demands of a request ("Protocol")."""

METADATA_INTERVAL_MS = 60_000
"""How often metadata is repeated: as by Prometheus' own sender by default (``metadata_config.send_interval``)."""


class CodecV1:
    """Every series carries its labels as text; there is nothing to remember."""

    timeseries: ClassVar = b"\x0a"
    histogram: ClassVar = 4
    size: ClassVar = 0

    def __init__(self, common: Labels, start_ms: int) -> None:  # noqa: ARG002 - 1.0 has no start timestamps
        self._labels = SortedLabels(common, encoded_label)

    def series(self, series: Series) -> bytes:
        """The labels."""
        return self._labels.encoded(series)

    def row(self, row: RowKey) -> bytes:
        """Return the labels."""
        return self._labels.row(row)

    def around(self, series: Series, size: int) -> tuple[bytes, bytes]:  # noqa: ARG002 - the interface's
        """Return the other labels."""
        return self._labels.around_row(series)

    def sample_start(self, metric: Metric) -> bytes:  # noqa: ARG002 - the interface's
        """Nothing."""
        return b""

    def exemplar(self, exemplar: Exemplar) -> bytes:
        """The labels as text, the value, the timestamp."""
        labels = b"".join(map(encoded_label, sorted(exemplar.labels)))
        return delimited(3, labels + exemplar_value(exemplar))

    def preamble(self) -> bytes:
        """Nothing."""
        return b""


@lru_cache(maxsize=4096)
def encoded_label(pair: tuple[str, str]) -> bytes:
    """One label of a series or an exemplar; remembered, since new series share nearly all. None without a value."""
    name, value = pair
    if not value:
        return b""
    return delimited(1, delimited(1, name.encode()) + delimited(2, value.encode()))


def metadata(metrics: Iterable[Metric]) -> bytes:
    """The ``metadata`` fields of a request: type, name, help and unit of metric families."""
    return b"".join(delimited(3, _metadata(metric)) for metric in metrics)


def _metadata(metric: Metric) -> bytes:
    texts = ((2, metric.name), (4, metric.help), (5, metric.unit))
    return (
        b"\x08"
        + varint(TYPES.get(metric.type, 0))
        + b"".join(delimited(number, text.encode()) for number, text in texts if text)
    )


class MetadataSchedule:
    """When which metadata is due: all of it, when there is a new family, and every minute."""

    def __init__(self) -> None:
        self._families: dict[str, Metric] = {}
        self._latest: Metric | None = None
        self._sent = 0
        self._sent_ms = 0

    def add(self, metric: Metric) -> None:
        """Note a family; most calls are of the one before."""
        if metric is not self._latest:
            self._families[metric.name] = metric
            self._latest = metric

    def add_all(self, metrics: Sequence[Metric]) -> None:
        """Note the families of a form; most calls are of the one before."""
        if metrics[-1] is not self._latest:
            for metric in metrics:
                self.add(metric)

    def due(self, now_ms: int) -> Iterable[Metric]:
        """The families to send now, milliseconds since the epoch; often none."""
        if len(self._families) == self._sent and now_ms < self._sent_ms + METADATA_INTERVAL_MS:
            return ()
        self._sent, self._sent_ms = len(self._families), now_ms
        return self._families.values()
