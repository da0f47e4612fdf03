"""Stores accepted data: remote-write samples, by Prometheus' rules, and a Pushgateway's groups. Pure."""

import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from locust_push.wire.generated.remote_write_v1_pb2 import TimeSeries, WriteRequest
from locust_push.wire.remote_write.decode import decode

SampleLabels = tuple[tuple[str, str], ...]
"""Name and value of each label, ``__name__`` among them, sorted by name."""

ANY: Mapping[str, str] = MappingProxyType({})
"""No condition on labels."""

_LINE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


class Refused(Exception):  # noqa: N818  # an answer of the receiver, not an error in it
    """The request is refused; the message is the body of the answer, with status 400."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample.

    Attributes:
        labels: Of its series.
        timestamp_ms: Milliseconds since the epoch.
        value: NaN for a stale marker.
    """

    labels: SampleLabels
    timestamp_ms: int
    value: float


class Store:
    """Accepted data, with Prometheus' rules: in each series time only goes forward, and a request counts whole or not.

    The rules are those of Prometheus 2 and 3 without an out-of-order window, as observed.
    """

    def __init__(self) -> None:
        self._series: dict[SampleLabels, dict[int, float]] = {}
        self._groups: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Store: {len(self._series)} series, {len(self._groups)} groups>"

    def write(self, body: bytes) -> WriteRequest:
        """Store a remote-write request; return it decoded.

        Raises:
            Refused: It is not a remote-write request, or a sample is older than the newest of its series (``out of
                order``), or has the same time and another value (``duplicate``). Nothing is kept then.
        """
        try:
            request = decode(body)
        except ValueError as error:
            raise Refused(str(error)) from error
        added: dict[SampleLabels, dict[int, float]] = {}
        for series in request.timeseries:
            labels = tuple(sorted((label.name, label.value) for label in series.labels))
            self._add(series, self._series.get(labels, {}), added.setdefault(labels, {}))
        for labels, samples in added.items():
            self._series.setdefault(labels, {}).update(samples)
        return request

    def push(self, path: str, text: str) -> None:
        """Replace a Pushgateway's group, as PUT does."""
        self._groups[path] = text

    def delete(self, path: str) -> None:
        """Delete a Pushgateway's group."""
        self._groups.pop(path, None)

    def groups(self) -> dict[str, str]:
        """Path of each Pushgateway group to its exposition text."""
        return dict(self._groups)

    def series(self, metric: str | None = None, labels: Mapping[str, str] = ANY) -> list[SampleLabels]:
        """The series, of one metric where it is given, that have these labels."""
        wanted = {*labels.items(), *([("__name__", metric)] if metric else [])}
        return [found for found in self._series if wanted <= set(found)]

    def samples(self, metric: str | None = None, labels: Mapping[str, str] = ANY) -> dict[SampleLabels, list[Sample]]:
        """The remote-write samples of the series, oldest first, stale markers among them."""
        return {found: self._samples_of(found) for found in self.series(metric, labels)}

    def total(self, metric: str, labels: Mapping[str, str] = ANY) -> float:
        """The sum of the newest values, stale markers aside, of all series of a metric, pushed by either protocol.

        For counters that is what the whole run has counted.
        """
        newest = (samples for samples in self.samples(metric, labels).values())
        written = (next((s.value for s in reversed(samples) if not math.isnan(s.value)), 0.0) for samples in newest)
        pushed = (s.value for text in self._groups.values() for s in exposition_samples(text) if _is(s, metric, labels))
        return sum(written) + sum(pushed)

    def _samples_of(self, labels: SampleLabels) -> list[Sample]:
        return [Sample(labels, timestamp, value) for timestamp, value in sorted(self._series[labels].items())]

    @staticmethod
    def _add(series: TimeSeries, present: Mapping[int, float], added: dict[int, float]) -> None:
        newest = next(reversed(added or present), None)  # both are filled in order of time
        for sample in series.samples:
            if newest is not None and sample.timestamp < newest:
                raise Refused("out of order sample")
            before = added.get(sample.timestamp, present.get(sample.timestamp))
            if before is not None and _bits(before) != _bits(sample.value):
                raise Refused(f"duplicate sample for timestamp {sample.timestamp}")
            newest = sample.timestamp
            added[sample.timestamp] = sample.value


def exposition_samples(text: str) -> Iterator[Sample]:
    """The samples of an exposition in the text format, without timestamps (which a Pushgateway refuses)."""
    for line in text.splitlines():
        if not line.startswith("#") and (found := _LINE.fullmatch(line)):
            name, labels, value = found.groups()
            pairs = [(label, _ESCAPED.sub(_unescaped, raw)) for label, raw in _LABEL.findall(labels or "")]
            yield Sample(tuple(sorted([("__name__", name), *pairs])), 0, float(value))


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def _is(sample: Sample, metric: str, labels: Mapping[str, str]) -> bool:
    return {("__name__", metric), *labels.items()} <= set(sample.labels)


def _bits(value: float) -> bytes:
    """NaN is not equal to itself, and stale markers must be."""
    return struct.pack("<d", value)
