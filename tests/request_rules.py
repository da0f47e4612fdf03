"""Checks the requests of one remote-write sender, request by request. Pure.

Sources: "Prometheus Remote-Write Specification" 1.0, sections "Labels", "Ordering" and "Stale Markers", and 2.0,
sections "Symbols", "Series Labels", "Metadata" and "Samples and Histogram Samples".
"""

import hashlib
import math
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import snappy

from locust_push.core.series import STALE_MARKER
from locust_push.testing import Receiver
from locust_push.testing.store import SampleLabels
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.generated.remote_write_v2_pb2 import Request as RequestV2
from locust_push.wire.remote_write.version import Version, version_of


@dataclass(frozen=True, slots=True)
class _Point:
    """One sample of a series: its time, value, and start timestamp (0 if missing)."""

    timestamp_ms: int
    value: bytes
    start_ms: int = 0

    @property
    def stale(self) -> bool:
        return self.value == STALE_MARKER


@dataclass(frozen=True, slots=True)
class _Row:
    """One series of a request; its type is None in 1.0."""

    labels: SampleLabels
    points: Sequence[_Point]
    type: int | None = None


def assert_by_the_rules(receiver: Receiver) -> None:
    """All remote-write requests that a receiver has accepted follow the rules, also across requests."""
    rules = RequestRules()
    accepted = [request for request in receiver.requests if request.accepted and request.head.method == "POST"]
    problems = [problem for request in accepted for problem in rules.problems(request.body)]
    assert problems == []


class RequestRules:
    """Remembers the last sample of each series, and checks the next request.

    A request that was sent before, as after a broken connection, may come again.
    """

    def __init__(self) -> None:
        self._last: dict[SampleLabels, _Point] = {}
        self._types: dict[str, int] = {}
        self._seen: set[bytes] = set()

    def __repr__(self) -> str:
        return f"<RequestRules: {len(self._seen)} requests of {len(self._last)} series>"

    def problems(self, body: bytes) -> list[str]:
        """Return the problems of a request that a receiver accepted, a line each."""
        digest = hashlib.blake2b(body).digest()
        if digest in self._seen:
            return []
        self._seen.add(digest)
        found: list[str] = []
        rows = [*_rows(body, found)]
        times = Counter(row.labels for row in rows)
        found += [f"{_shown(each)}: there twice in one request" for each, count in times.items() if count > 1]
        for row in rows:
            found += (f"{_shown(row.labels)}: {problem}" for problem in self._of_row(row))
        return found

    def _of_row(self, row: _Row) -> Iterator[str]:
        names = [name for name, _ in row.labels]
        if names != sorted(set(names)):
            yield "labels are not sorted, or a name is there twice"
        if not all(name and value for name, value in row.labels) or "__name__" not in names:
            yield "an empty label, or no name"
        if row.type is not None:
            yield from self._of_type(dict(row.labels).get("__name__", ""), row.type)
        for point in row.points:
            yield from self._of_point(row.labels, point)

    def _of_type(self, name: str, kind: int) -> Iterator[str]:
        if self._types.setdefault(name, kind) != kind:
            yield f"is of type {kind} now and was of type {self._types[name]} before"

    def _of_point(self, labels: SampleLabels, point: _Point) -> Iterator[str]:
        last = self._last.get(labels)
        if last is None and point.stale:
            yield "ends without ever having had a value"
        if last is not None and last.stale and point.stale:
            yield "ends twice"
        if last is not None and point.timestamp_ms <= last.timestamp_ms:
            yield f"a sample of {point.timestamp_ms} after one of {last.timestamp_ms}"
        if point.start_ms > point.timestamp_ms:
            yield f"counts since {point.start_ms}, after its sample of {point.timestamp_ms}"
        self._last[labels] = point


def _rows(body: bytes, found: list[str]) -> Iterator[_Row]:
    message = bytes(snappy.uncompress(body))
    if version_of(body) is Version.V1:
        for one in WriteRequest.FromString(message).timeseries:
            points = [_Point(each.timestamp, struct.pack("<d", each.value)) for each in one.samples]
            yield _Row(tuple((label.name, label.value) for label in one.labels), [*points, *_histograms(one)])
        return
    request = RequestV2.FromString(message)
    if not request.symbols or request.symbols[0]:
        found.append("the first symbol is not empty")
    if len(set(request.symbols)) < len(request.symbols):
        found.append("a symbol is there twice")
    for series in request.timeseries:
        refs = [*series.labels_refs]
        if len(refs) % 2 or any(ref >= len(request.symbols) for ref in refs):
            found.append(f"references {refs} into {len(request.symbols)} symbols")
            continue
        texts = [request.symbols[ref] for ref in refs]
        points = [
            _Point(each.timestamp, struct.pack("<d", each.value), each.start_timestamp) for each in series.samples
        ]
        labels = tuple(zip(texts[::2], texts[1::2], strict=True))
        yield _Row(labels, [*points, *_histograms(series)], series.metadata.type)


def _histograms(series: object) -> Iterator[_Point]:
    """Return native histograms as points; only the sum makes one a stale marker."""
    for each in getattr(series, "histograms", ()):
        value = struct.pack("<d", each.sum) if math.isnan(each.sum) else each.SerializeToString()
        yield _Point(each.timestamp, value, getattr(each, "start_timestamp", 0))


def _shown(labels: SampleLabels) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in labels) + "}"
