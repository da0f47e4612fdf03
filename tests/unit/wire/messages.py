"""Requests of either version, read by the official decoders, in one form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import snappy

from locust_push.core.series import Labels
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.generated.remote_write_v2_pb2 import Request
from locust_push.wire.payload import Pause, Payload

Sample = tuple[int, float, int]
"""Timestamp, value, start timestamp."""


@dataclass
class Decoded:
    """One series of a request.

    Attributes:
        labels: Names and values, in the order in which they came.
        samples: All of them.
        exemplars: Labels, value, timestamp.
        histograms: The official messages.
        metadata: Type, help, unit; None in 1.0.
    """

    labels: Labels
    samples: list[Sample]
    exemplars: list[tuple[Labels, float, int]] = field(default_factory=list)
    histograms: list[Any] = field(default_factory=list)
    metadata: tuple[int, str, str] | None = None

    @property
    def name(self) -> str:
        """The metric's name."""
        return dict(self.labels)["__name__"]


def payloads_of(steps: Iterable[Payload | Pause]) -> list[Payload]:
    """Return the payloads of an encoder, without the pauses."""
    return [step for step in steps if isinstance(step, Payload)]


def requests_v1(payloads: Iterable[Payload | Pause]) -> list[WriteRequest]:
    """Return the decoded requests, including those of metadata."""
    return [WriteRequest.FromString(snappy.uncompress(payload.body)) for payload in payloads_of(payloads)]


def requests_v2(payloads: Iterable[Payload | Pause]) -> list[Request]:
    """Return the decoded requests."""
    return [Request.FromString(snappy.uncompress(payload.body)) for payload in payloads_of(payloads)]


def series_v1(payloads: Iterable[Payload | Pause]) -> list[Decoded]:
    """All series of 1.0 requests."""
    return [
        Decoded(
            labels(one.labels),
            [(sample.timestamp, sample.value, 0) for sample in one.samples],
            [(labels(exemplar.labels), exemplar.value, exemplar.timestamp) for exemplar in one.exemplars],
            list(one.histograms),
        )
        for request in requests_v1(payloads)
        for one in request.timeseries
    ]


def series_v2(payloads: Iterable[Payload | Pause]) -> list[Decoded]:
    """All series of 2.0 requests."""
    return [
        Decoded(
            resolved(one.labels_refs, request.symbols),
            [(sample.timestamp, sample.value, sample.start_timestamp) for sample in one.samples],
            [(resolved(each.labels_refs, request.symbols), each.value, each.timestamp) for each in one.exemplars],
            list(one.histograms),
            (one.metadata.type, request.symbols[one.metadata.help_ref], request.symbols[one.metadata.unit_ref]),
        )
        for request in requests_v2(payloads)
        for one in request.timeseries
    ]


def labels(of: Iterable[Any]) -> Labels:
    """Label messages as pairs."""
    return tuple((label.name, label.value) for label in of)


def resolved(refs: Sequence[int], symbols: Sequence[str]) -> Labels:
    """References as pairs."""
    texts = [symbols[ref] for ref in refs]
    return tuple(zip(texts[::2], texts[1::2], strict=True))
