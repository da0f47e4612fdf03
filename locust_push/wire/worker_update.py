"""Encoding of deltas in Locust's own reports from worker to master: lists of numbers, names only once.

Locust packs reports with msgpack. There a small number is one byte, so that buckets are sent as distances from the one
before, and a (method, name) as a number that is explained the first time it is used. One :class:`UpdateEncoder` and one
:class:`UpdateDecoder` belong together; what the first gives must be decoded in that order. Reports come over a network:
values that would decrease a counter or corrupt a sum are refused.
"""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import accumulate, chain, islice
from typing import Any

from locust_push.core.delta import Delta, DurationDelta, ResponseDelta, finished
from locust_push.core.histogram import INDEXES

Packed = list[Any]
"""Nested lists of numbers and texts."""

_INFINITE = float("inf")

_PACKED_AT_ONCE = 128
"""Responses that are packed before others may run, below a millisecond."""


class UpdateEncoder:
    """Packs the deltas of one worker."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def encode(self, delta: Delta) -> Packed:
        """A delta as ``[known, names, responses, errors, exceptions]``; ``names`` follow ``known`` others."""
        return finished(self.encode_steps(delta))

    def encode_steps(self, delta: Delta) -> Generator[None, None, Packed]:
        """The same in steps; another delta may only be encoded after the last one."""
        known = len(self._numbers)
        responses = []
        for number, response in enumerate(delta.responses, 1):
            responses.append(self._response(response))
            if not number % _PACKED_AT_ONCE:
                yield
        errors = [[self._number(method, name), kind, count] for (method, name, kind), count in delta.errors.items()]
        names = [list(name) for name in islice(self._numbers, known, None)]
        return [known, names, responses, errors, delta.exceptions]

    def _number(self, method: str, name: str) -> int:
        return self._numbers.setdefault((method, name), len(self._numbers))

    def _response(self, response: ResponseDelta) -> Packed:
        # The lowest bit is set for failures.
        number = self._number(response.method, response.name) << 1 | response.failed
        row: Packed = [number, response.requests, response.response_bytes]
        durations = response.durations
        if durations.count:
            row += [durations.sum, durations.min, durations.max, durations.zeros]
            row += [[*_distances(durations.classic)], [*_distances(durations.exponential)]]
        return row


class UpdateDecoder:
    """Unpacks the deltas of one worker."""

    def __init__(self) -> None:
        self._names: list[tuple[str, str]] = []

    def decode(self, packed: Packed) -> Delta:
        """The delta that was packed. The same one may be decoded again.

        Raises:
            ValueError, TypeError, LookupError: It is of another version or broken, or one before it is missing.
        """
        known, names, responses, errors, exceptions = packed
        if known > len(self._names):
            raise LookupError("a report is missing before this one")
        self._names[known:] = [(method, name) for method, name in names]
        counts = chain.from_iterable(map(_row_counts, responses))
        _check_counts((*exceptions.values(), *(count for _, _, count in errors), *counts))
        return Delta(
            [self._response(row) for row in responses],
            {(*self._names[number], kind): count for number, kind, count in errors},
            dict(exceptions),
        )

    def _response(self, row: Packed) -> ResponseDelta:
        number, requests, response_bytes, *durations = row
        method, name = self._names[number >> 1]
        return ResponseDelta(method, name, bool(number & 1), requests, response_bytes, _durations(*durations))


def _durations(  # noqa: PLR0917  # a row as it was packed
    total: float = 0.0,
    smallest: float = _INFINITE,
    largest: float = 0.0,
    zeros: int = 0,
    classic: Packed | None = None,
    exponential: Packed | None = None,
) -> DurationDelta:
    buckets, bounds = _counts(exponential or []), _counts(classic or [])
    if buckets and not (min(buckets) in INDEXES and max(buckets) in INDEXES):
        raise ValueError("an exponential bucket that does not exist")
    # NaN fails this as well.
    if not (0.0 <= total < _INFINITE and 0.0 <= largest < _INFINITE and smallest >= 0.0):
        raise ValueError("impossible durations")
    return DurationDelta(zeros + sum(buckets.values()), total, smallest, largest, zeros, bounds, buckets)


def _row_counts(row: Packed) -> Packed:
    """Return what must be whole numbers from 0 on: all but the times, and the indexes of exponential buckets."""
    return row if len(row) == 3 else [*row[:3], row[6], *row[7], *row[8][1::2]]


def _check_counts(counts: Iterable[int]) -> None:
    counts = list(counts)
    if not set(map(type, counts)) <= {int}:
        raise ValueError("a count that is no whole number")
    if min(counts, default=0) < 0:
        raise ValueError("a count below 0")


def _distances(counts: Mapping[int, int]) -> Iterator[int]:
    """Bucket after bucket, the distance from the one before and the count."""
    last = 0
    for index in sorted(counts):
        if counts[index]:
            yield index - last
            yield counts[index]
            last = index


def _counts(distances: Packed) -> defaultdict[int, int]:
    return defaultdict(int, zip(accumulate(distances[::2]), distances[1::2], strict=True))
