"""How one version of remote-write writes the pieces of a request: the interface, and what both versions share."""

import struct
from collections.abc import Mapping
from typing import ClassVar, Protocol

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Labels, Metric, Series
from locust_push.wire.protobuf import varint

STALE_MARKER = struct.pack("<Q", 0x7FF0000000000002)
"""The NaN that ends a series; kept as bytes, since a float may lose which NaN it is."""


class Codec(Protocol):
    """Writes what belongs to the requests of one chunk of series; its own for each chunk, for what it remembers."""

    timeseries: ClassVar[bytes]
    """Tag of a series within a request."""
    histogram: ClassVar[int]
    """Number of the native histograms' field within a series."""

    def __init__(self, common: Labels, start_ms: int) -> None:
        """Add ``common`` labels to every series; cumulative ones count since ``start_ms``."""
        ...

    @property
    def size(self) -> int:
        """Bytes of the preamble."""
        ...

    def series(self, series: Series) -> bytes:
        """Those fields of a series that never change; what they need in the preamble is in all further ones."""
        ...

    def sample_start(self, metric: Metric) -> bytes:
        """The fields of a sample that stand before its value."""
        ...

    def exemplar(self, exemplar: Exemplar) -> bytes:
        """The exemplar's field of a series; what it needs in the preamble is in the next one alone."""
        ...

    def preamble(self) -> bytes:
        """What stands before the series of a request."""
        ...


def sorted_labels(series: Series, common: Labels) -> list[tuple[str, str]]:
    """The complete labels of a series: sorted by name, none of them empty ("Labels"; in 2.0 "Series Labels")."""
    labels = [label for label in (*common, *series.labels) if label[1]]
    labels.append(("__name__", series.name))
    labels.sort()  # no name is there twice, so that values are never compared; a key would take longer
    return labels


def exemplar_value(exemplar: Exemplar) -> bytes:
    """Value and timestamp of an exemplar, fields 2 and 3."""
    return b"\x11" + struct.pack("<d", exemplar.value) + b"\x18" + varint(exemplar.timestamp_ms)


TYPES: Mapping[str, int] = {
    "counter": 1,
    "gauge": 2,
    "histogram": 3,
    "gaugehistogram": 4,
    "summary": 5,
    "info": 6,
    "stateset": 7,
}
"""Numbers of ``MetricType`` in the metadata of either version; 0 is unknown."""
