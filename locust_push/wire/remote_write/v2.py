"""Prometheus remote-write 2.0: the pieces of ``io.prometheus.write.v2.Request`` messages.

Source: "Prometheus Remote-Write 2.0 specification", version 2.0-rc.4. Each text is in a request once, in its symbol
table; type, help and unit of its metric go with every series, and the start timestamp with every sample of a cumulative
one.

Start timestamps are written where the specification has them, in the sample, and not in field 6 of the series, where
receivers written after an earlier draft look for them (Prometheus before 3.8): it is reserved now. Nothing is lost with
those: the first sample of a cumulative series is a 0 of its own.
"""

from collections.abc import Mapping
from typing import ClassVar

from locust_push.core.exemplar import Exemplar
from locust_push.core.labels import NAME, RowKey
from locust_push.core.series import Labels, Metric, Series
from locust_push.wire.protobuf import delimited, packed, varint
from locust_push.wire.remote_write.codec import TYPES, SortedLabels, exemplar_value

HEADERS: Mapping[str, str] = {
    "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "2.0.0",
}
"""The headers that the specification demands of a request ("Protocol")."""


_SYMBOL = b"\x22"
"""Tag of a symbol in a request."""


class Symbols:
    """The symbol table of one request after the other ("Symbols"); references stay right as it grows."""

    def __init__(self) -> None:
        self._refs = {"": 0}
        self._encoded = bytearray(_symbol(""))
        self._passing: dict[str, int] = {}
        self._passing_encoded = bytearray()

    @property
    def size(self) -> int:
        """Bytes of what stays."""
        return len(self._encoded)

    def ref(self, text: str) -> int:
        """The reference to a text, which is in this request and all further ones."""
        ref = self._refs.get(text)
        if ref is None:
            encoded = text.encode()
            # Entered when it is encoded: a text that cannot be would put every later reference off by one.
            self._encoded += _SYMBOL + varint(len(encoded)) + encoded
            ref = self._refs[text] = len(self._refs)
        return ref

    def passing_ref(self, text: str) -> int:
        """The reference to a text which need only be in this request; after it, nothing is added that stays."""
        ref = self._refs.get(text, self._passing.get(text))
        if ref is None:
            self._passing_encoded += _symbol(text)
            ref = self._passing[text] = len(self._refs) + len(self._passing)
        return ref

    def take(self) -> bytes:
        """The ``symbols`` fields of this request."""
        passing, self._passing_encoded = self._passing_encoded, bytearray()
        self._passing.clear()
        return bytes(self._encoded + passing)


class CodecV2:
    """Every series carries references; what they refer to is the preamble."""

    timeseries: ClassVar = b"\x2a"
    histogram: ClassVar = 3

    def __init__(self, common: Labels, start_ms: int) -> None:
        self._refs: dict[tuple[str, str], bytes] = {}
        self._symbols = Symbols()
        self._labels = SortedLabels(common, self._label)
        self._metadata: dict[str, bytes] = {}
        self._rows: dict[str, bytes] = {}
        # 0 would mean that it is unknown ("Samples and Histogram Samples").
        self._start = b"\x18" + varint(start_ms or 1)

    @property
    def size(self) -> int:
        """Bytes of the symbol table."""
        return self._symbols.size

    def series(self, series: Series) -> bytes:
        """The labels and, which is more than the specification asks of every series, complete metadata."""
        refs = self._labels.encoded(series)
        return b"\x0a" + varint(len(refs)) + refs + self._metadata_of(series.metric)

    def row(self, row: RowKey) -> bytes:
        """Return the references of the labels."""
        method, name = row
        start = self._rows.get(method)
        if start is None:
            # All but the last reference.
            start = self._rows[method] = self._labels.row((method, NAME))[: -len(varint(self._symbols.ref(NAME)))]
        return start + varint(self._symbols.ref(name)) if name else self._labels.row(row)

    def around(self, series: Series, size: int) -> tuple[bytes, bytes]:
        """Return the references of the other labels, and the metadata."""
        before, behind = self._labels.around_row(series)
        start = b"\x0a" + varint(len(before) + size + len(behind))
        return start + before, behind + self._metadata_of(series.metric)

    def sample_start(self, metric: Metric) -> bytes:
        """The start timestamp of cumulative series."""
        return self._start if metric.type.cumulative else b""

    def exemplar(self, exemplar: Exemplar) -> bytes:
        """References to the labels, the value, the timestamp."""
        refs = [self._symbols.passing_ref(text) for label in sorted(exemplar.labels) for text in label]
        return delimited(4, packed(1, refs) + exemplar_value(exemplar))

    def preamble(self) -> bytes:
        """The symbol table."""
        return self._symbols.take()

    def _label(self, pair: tuple[str, str]) -> bytes:
        """The references of one label; remembered, since new series share nearly all. None without a value."""
        refs = self._refs.get(pair)
        if refs is None:
            name, value = pair
            refs = varint(self._symbols.ref(name)) + varint(self._symbols.ref(value)) if value else b""
            self._refs[pair] = refs
        return refs

    def _metadata_of(self, metric: Metric) -> bytes:
        metadata = self._metadata.get(metric.name)
        if metadata is None:
            metadata = self._metadata[metric.name] = self._encode_metadata(metric)
        return metadata

    def _encode_metadata(self, metric: Metric) -> bytes:
        """Type, help and unit ("Metadata")."""
        refs = ((b"\x18", metric.help), (b"\x20", metric.unit))
        content = b"\x08" + varint(TYPES.get(metric.type, 0))
        return delimited(5, content + b"".join(tag + varint(self._symbols.ref(text)) for tag, text in refs if text))


def _symbol(text: str) -> bytes:
    return delimited(4, text.encode())
