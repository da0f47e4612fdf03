"""Deltas as they travel in Locust's own reports from worker to master: lists of numbers, names only once.

Locust packs reports with msgpack. There a small number is one byte, so that buckets are sent as distances from the one
before, and a (method, name) as a number that is explained the first time it is used. One :class:`ReportEncoder` and one
:class:`ReportDecoder` belong together; what the first gives must be decoded in that order, each once.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from locust_push.core.delta import Delta, DurationDelta, ResponseDelta

Packed = list[Any]
"""Nested lists of numbers and texts."""


class ReportEncoder:
    """Packs the deltas of one worker."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def encode(self, delta: Delta) -> Packed:
        """A delta as ``[names, responses, errors, exceptions, overflow]``."""
        known = len(self._numbers)
        responses = [self._response(response) for response in delta.responses]
        errors = [[self._number(method, name), kind, count] for (method, name, kind), count in delta.errors.items()]
        names = [list(name) for name in list(self._numbers)[known:]]
        return [names, responses, errors, delta.exceptions, delta.overflow_requests]

    def _number(self, method: str, name: str) -> int:
        return self._numbers.setdefault((method, name), len(self._numbers))

    def _response(self, response: ResponseDelta) -> Packed:
        # The lowest bit tells success from failure.
        number = self._number(response.method, response.name) << 1 | response.failed
        row: Packed = [number, response.requests, response.response_bytes]
        durations = response.durations
        if durations.count:
            row += [durations.sum, durations.min, durations.max, durations.zeros]
            row += [[*_distances(durations.classic)], [*_distances(durations.exponential)]]
        return row


class ReportDecoder:
    """Unpacks the deltas of one worker."""

    def __init__(self) -> None:
        self._names: list[tuple[str, str]] = []

    def decode(self, packed: Packed) -> Delta:
        """The delta that was packed.

        Raises:
            ValueError, TypeError, LookupError: It is of another version, or one before it is missing.
        """
        names, responses, errors, exceptions, overflow = packed
        self._names += [(method, name) for method, name in names]
        return Delta(
            [self._response(row) for row in responses],
            {(*self._names[number], kind): count for number, kind, count in errors},
            dict(exceptions),
            overflow,
        )

    def _response(self, row: Packed) -> ResponseDelta:
        number, requests, response_bytes, *durations = row
        method, name = self._names[number >> 1]
        return ResponseDelta(method, name, bool(number & 1), requests, response_bytes, _durations(*durations))


def _durations(  # noqa: PLR0917  # a row as it was packed
    total: float = 0.0,
    smallest: float = float("inf"),
    largest: float = 0.0,
    zeros: int = 0,
    classic: Packed | None = None,
    exponential: Packed | None = None,
) -> DurationDelta:
    buckets = _counts(exponential or [])
    return DurationDelta(
        zeros + sum(buckets.values()), total, smallest, largest, zeros, _counts(classic or []), buckets
    )


def _distances(counts: Mapping[int, int]) -> Iterator[int]:
    """Bucket after bucket, the distance from the one before and the count."""
    last = 0
    for index in sorted(counts):
        if counts[index]:
            yield index - last
            yield counts[index]
            last = index


def _counts(distances: Packed) -> defaultdict[int, int]:
    counts: defaultdict[int, int] = defaultdict(int)
    index = 0
    for distance, count in zip(distances[::2], distances[1::2], strict=True):
        index += distance
        counts[index] = count
    return counts
