"""Splits encoded requests, or converts them to the other version of the protocol.

Used when a receiver wants waiting requests in another form (HTTP 413 and 415), and for replays.
Values and timestamps are never decoded, so that stale markers keep their bits.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import field

import snappy

from locust_push.core.record import record
from locust_push.wire.payload import Payload
from locust_push.wire.protobuf import delimited, fields, packed, unpacked, varint
from locust_push.wire.remote_write.v1 import encoded_label
from locust_push.wire.remote_write.v2 import Symbols
from locust_push.wire.remote_write.version import Version, version_of

_SAMPLE_START, _HISTOGRAM_START = 3, 17
"""Numbers of the fields ``start_timestamp``, which 1.0 has not."""


@record(slots=True)
class _Entry:
    """One series of a request, with texts instead of references; in bytes what has to be copied only.

    Attributes:
        labels: Name, value, name, value, and so on; those of an exemplar stand before its value and timestamp.
        metadata: The type's field, help and unit; None in 1.0.
    """

    labels: list[str] = field(default_factory=list)
    samples: list[bytes] = field(default_factory=list)
    histograms: list[bytes] = field(default_factory=list)
    exemplars: list[tuple[list[str], bytes]] = field(default_factory=list)
    metadata: tuple[bytes, str, str] | None = None

    @property
    def name(self) -> str:
        """The label ``__name__``."""
        return dict(zip(self.labels[::2], self.labels[1::2], strict=True)).get("__name__", "")

    @property
    def count(self) -> int:
        """Samples, native histograms included."""
        return len(self.samples) + len(self.histograms)


def in_version(payload: Payload, version: Version) -> Payload:
    """The payload with a body of that version; itself where it is.

    From 2.0 to 1.0 types, helps, units and start timestamps are left out; the other way the type is unknown, and a
    request of metadata alone becomes an empty one.

    Raises:
        ValueError: the body is no write request.
    """
    if version_of(payload.body) is version:
        return payload
    return Payload(_written(_read(payload.body), version), payload.samples, payload.timestamp_ms)


def split(payload: Payload) -> tuple[Payload, ...]:
    """Two payloads with half of the series each; the payload alone where it holds one series, or is no request."""
    entries = _entries(payload)
    middle = len(entries) // 2
    return _in_parts(payload, entries[:middle], entries[middle:])


def parted(payload: Payload, names: Collection[str]) -> tuple[Payload, ...]:
    """Two payloads, of series with these names and of all others; the payload alone where it holds but one kind."""
    entries = _entries(payload)
    return _in_parts(
        payload, [one for one in entries if one.name in names], [one for one in entries if one.name not in names]
    )


def has_histograms(payload: Payload) -> bool:
    """Whether native histograms are in a payload."""
    return any(entry.histograms for entry in _entries(payload))


def _entries(payload: Payload) -> list["_Entry"]:
    """The series of a payload; none where it is no write request, as what a damaged disk gives back."""
    try:
        return _read(payload.body)
    except ValueError:
        return []


def _in_parts(payload: Payload, *parts: Sequence["_Entry"]) -> tuple[Payload, ...]:
    if not all(parts):
        return (payload,)
    version = version_of(payload.body)
    return tuple(
        Payload(_written(part, version), sum(entry.count for entry in part), payload.timestamp_ms) for part in parts
    )


def _read(body: bytes) -> list[_Entry]:
    try:
        message = bytes(snappy.uncompress(body))
        if version_of(body) is Version.V1:
            return [_read_v1(one.content) for one in fields(message) if one.number == 1]
        symbols = [one.content.decode() for one in fields(message) if one.number == 4]
        return [_read_v2(one.content, symbols) for one in fields(message) if one.number == 5]
    except (snappy.UncompressError, LookupError) as error:
        raise ValueError(f"not a remote-write request: {error}") from error


def _read_v1(series: bytes) -> _Entry:
    entry = _Entry()
    for number, content, _ in fields(series):
        match number:
            case 1:
                entry.labels += _label(content)
            case 2:
                entry.samples.append(content)
            case 3:
                texts = [text for one in fields(content) if one.number == 1 for text in _label(one.content)]
                entry.exemplars.append((texts, _without(content, 1)))
            case 4:
                entry.histograms.append(content)
    return entry


def _label(content: bytes) -> tuple[str, str]:
    texts = {one.number: one.content.decode() for one in fields(content)}
    return texts.get(1, ""), texts.get(2, "")


def _read_v2(series: bytes, symbols: Sequence[str]) -> _Entry:
    entry = _Entry()
    for number, content, _ in fields(series):
        match number:
            case 1:
                entry.labels += [symbols[ref] for ref in unpacked(content)]
            case 2:
                entry.samples.append(content)
            case 3:
                entry.histograms.append(content)
            case 4:
                refs = [ref for one in fields(content) if one.number == 1 for ref in unpacked(one.content)]
                entry.exemplars.append(([symbols[ref] for ref in refs], _without(content, 1)))
            case 5:
                entry.metadata = _metadata(content, symbols)
    return entry


def _metadata(metadata: bytes, symbols: Sequence[str]) -> tuple[bytes, str, str]:
    found = {one.number: one for one in fields(metadata)}
    texts = [symbols[next(unpacked(found[number].content))] if number in found else "" for number in (3, 4)]
    return (found[1].encoded if 1 in found else b"", texts[0], texts[1])


def _written(entries: Sequence[_Entry], version: Version) -> bytes:
    return bytes(snappy.compress(_write_v1(entries) if version is Version.V1 else _write_v2(entries)))


def _write_v1(entries: Sequence[_Entry]) -> bytes:
    return b"".join(delimited(1, b"".join(_fields_v1(entry))) for entry in entries)


def _fields_v1(entry: _Entry) -> Iterator[bytes]:
    yield _labels(entry.labels)
    for sample in entry.samples:
        yield delimited(2, _without(sample, _SAMPLE_START))
    for texts, value in entry.exemplars:
        yield delimited(3, _labels(texts) + value)
    for histogram in entry.histograms:
        yield delimited(4, _without(histogram, _HISTOGRAM_START))


def _labels(texts: Sequence[str]) -> bytes:
    return b"".join(map(encoded_label, zip(texts[::2], texts[1::2], strict=True)))


def _write_v2(entries: Sequence[_Entry]) -> bytes:
    symbols = Symbols()
    series = [delimited(5, b"".join(_fields_v2(entry, symbols))) for entry in entries]
    return symbols.take() + b"".join(series)


def _fields_v2(entry: _Entry, symbols: Symbols) -> Iterator[bytes]:
    yield packed(1, map(symbols.ref, entry.labels))
    for sample in entry.samples:
        yield delimited(2, sample)
    for histogram in entry.histograms:
        yield delimited(3, histogram)
    for texts, value in entry.exemplars:
        yield delimited(4, packed(1, map(symbols.ref, texts)) + value)
    if entry.metadata:
        kind, *texts = entry.metadata
        refs = zip((b"\x18", b"\x20"), map(symbols.ref, texts), strict=True)
        yield delimited(5, kind + b"".join(tag + varint(ref) for tag, ref in refs if ref))


def _without(message: bytes, number: int) -> bytes:
    """The message but for one of its fields."""
    return b"".join(one.encoded for one in fields(message) if one.number != number)
