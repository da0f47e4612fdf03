"""The interface of an encoder of one version of remote-write, and code that both versions share."""

import struct
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from locust_push.core.exemplar import Exemplar
from locust_push.core.labels import METHOD, NAME, RowKey
from locust_push.core.series import Labels, Metric, Series
from locust_push.wire.protobuf import varint

_NO_LABEL = ("", "")


class Codec(Protocol):
    """Encodes the parts of the requests of one chunk of series; one instance per chunk, since it keeps state."""

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

    def row(self, row: RowKey) -> bytes:
        """Return the labels of a (method, name), with the common labels that sort between them."""
        ...

    def around(self, series: Series, size: int) -> tuple[bytes, bytes]:
        """Return what :meth:`series` has before and behind those labels, if they take ``size`` bytes."""
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


class SortedLabels:
    """The complete labels of one series after the other: sorted by name, none empty ("Labels"; 2.0: "Series Labels").

    Series that follow one another are mostly buckets of one histogram, which differ in their last label alone. So what
    stands before and behind that is remembered.
    """

    def __init__(self, common: Labels, encode: Callable[[tuple[str, str]], bytes]) -> None:
        """Add ``common`` labels to every series; ``encode`` writes one label, and nothing where it has no value."""
        self._common = common
        self._encode = encode
        self._between = b"".join(encode(label) for label in sorted(common) if METHOD < label[0] < NAME)
        self._outside = [label for label in common if not METHOD < label[0] < NAME]
        self._shared: tuple[object, ...] = ()
        self._before = self._behind = b""

    def encoded(self, series: Series) -> bytes:
        """All labels of a series."""
        metric, labels, suffix = series
        last = labels[-1] if labels else _NO_LABEL
        shared = metric.name, suffix, labels[:-1], last[0]
        if shared != self._shared:
            self._before, self._behind = self._around(series, last[0])
            self._shared = shared
        return self._before + self._encode(last) + self._behind

    def row(self, row: RowKey) -> bytes:
        """Return the labels of a (method, name), and the common labels between them."""
        return self._encode((METHOD, row[0])) + self._between + self._encode((NAME, row[1]))

    def around_row(self, series: Series) -> tuple[bytes, bytes]:
        """Return the labels before and behind those of :meth:`row`, of a series that is given without these."""
        labels = sorted([("__name__", series.name), *self._outside, *series.labels])
        position = bisect_left(labels, (METHOD, ""))
        encoded = [*map(self._encode, labels)]
        return b"".join(encoded[:position]), b"".join(encoded[position:])

    def _around(self, series: Series, last: str) -> tuple[bytes, bytes]:
        """What stands before, and behind, the last label."""
        labels = [("__name__", series.name), *self._common, *series.labels[:-1]]
        labels.sort()  # no name is there twice, so that values are never compared; a key would take longer
        position = bisect_left(labels, (last, ""))
        encoded = [*map(self._encode, labels)]
        return b"".join(encoded[:position]), b"".join(encoded[position:])


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
