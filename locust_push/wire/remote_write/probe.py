"""Small remote-write requests of one series, to detect what a receiver supports.

Sources: "Prometheus Remote-Write Specification" 1.0 and 2.0, the messages ``prometheus.WriteRequest`` and
``io.prometheus.write.v2.Request``. A float and a histogram may stand in one series, so that one series is enough.
"""

import struct

import snappy

from locust_push.core.series import STALE_MARKER, Labels
from locust_push.wire.protobuf import delimited, packed, varint
from locust_push.wire.remote_write.v1 import encoded_label
from locust_push.wire.remote_write.v2 import Symbols

# TimeSeries.samples is 2 in both versions, .histograms is 4 in 1.0 and 3 in 2.0. The messages below are the same.
_SAMPLES, _HISTOGRAMS_V1, _HISTOGRAMS_V2 = 2, 4, 3


def sample(value: float, timestamp_ms: int) -> bytes:
    """A Sample message."""
    return _sample(struct.pack("<d", value), timestamp_ms)


def stale_probe(timestamp_ms: int) -> bytes:
    """A Sample message that ends the series."""
    return _sample(STALE_MARKER, timestamp_ms)


def empty_histogram(timestamp_ms: int) -> bytes:
    """A Histogram message (native) without observations: count_int, zero_count_int and schema 0."""
    return b"\x08\x00" + b"\x20\x00" + b"\x30\x00" + b"\x78" + varint(timestamp_ms)


def request_v1(labels: Labels, *, samples: bytes = b"", histogram: bytes = b"") -> bytes:
    """A 1.0 request with either of the messages; ``labels`` sorted by name, ``__name__`` among them."""
    return _compressed(delimited(1, b"".join(map(encoded_label, labels)) + _point(samples, histogram, _HISTOGRAMS_V1)))


def request_v2(labels: Labels, *, samples: bytes = b"", histogram: bytes = b"") -> bytes:
    """A 2.0 request, as :func:`request_v1`: symbols, the first of them empty, and references to them."""
    symbols = Symbols()
    references = packed(1, [symbols.ref(text) for pair in labels for text in pair])
    series = delimited(5, references + _point(samples, histogram, _HISTOGRAMS_V2))
    return _compressed(symbols.take() + series)


def _sample(value: bytes, timestamp_ms: int) -> bytes:
    return b"\x09" + value + b"\x10" + varint(timestamp_ms)


def _point(samples: bytes, histogram: bytes, histograms: int) -> bytes:
    return (delimited(_SAMPLES, samples) if samples else b"") + (delimited(histograms, histogram) if histogram else b"")


def _compressed(message: bytes) -> bytes:
    return bytes(snappy.compress(message))


EMPTY_REQUEST_V2 = _compressed(Symbols().take())
"""A 2.0 request without series: a 2.0 receiver answers that it has written none; a 1.x one finds nothing in it."""
