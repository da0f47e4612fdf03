"""Deltas: what was recorded since the previous delta. Workers report to the master in deltas.

Deltas of disjoint times add up: absorbing all of them, in any order, gives what recording in one place would.
"""

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class DurationDelta:
    """What was added to a :class:`~locust_push.core.histogram.DurationHistogram`.

    Attributes:
        count: Durations added.
        sum: Their sum, seconds.
        min: The smallest of them, seconds; infinity without any.
        max: The largest, seconds; 0 without any.
        zeros: How many were too short for the exponential buckets.
        classic: Added per classic bucket, by its position among the bounds.
        exponential: Added per exponential bucket, by its index.
    """

    count: int = 0
    sum: float = 0.0
    min: float = float("inf")
    max: float = 0.0
    zeros: int = 0
    classic: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    exponential: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def highest_classic(self) -> int:
        """The last classic bucket that anything was added to."""
        return max(self.classic, default=0)

    def take(self) -> "DurationDelta":
        """Return the contents as a new delta, and empty this one."""
        taken = replace(self)
        # In place: the histograms refer to this object.
        self.count, self.sum, self.min, self.max, self.zeros = 0, 0.0, float("inf"), 0.0, 0
        self.classic, self.exponential = defaultdict(int), defaultdict(int)
        return taken

    def merge(self, other: "DurationDelta") -> None:
        """Add all that ``other`` holds."""
        self.count += other.count
        self.sum += other.sum
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        self.zeros += other.zeros
        classic, exponential = self.classic, self.exponential
        for position, count in other.classic.items():
            classic[position] += count
        for index, count in other.exponential.items():
            exponential[index] += count


@dataclass(slots=True)
class ResponseDelta:
    """What was added for one (method, name, status).

    Attributes:
        method: Label ``method``.
        name: Label ``name``.
        failed: Whether the label ``status`` is ``failure``.
        requests: Requests added, those without a duration included.
        response_bytes: Bytes added.
        durations: Durations added.
    """

    method: str
    name: str
    failed: bool
    requests: int
    response_bytes: int
    durations: DurationDelta


@dataclass(slots=True)
class Totals:
    """What one process recorded between two moments, all names together.

    Attributes:
        requests: All of them.
        failures: Those that failed.
        durations: Of all that have one.
    """

    requests: int = 0
    failures: int = 0
    durations: DurationDelta = field(default_factory=DurationDelta)


@dataclass(slots=True)
class Delta:
    """What one process recorded between two moments.

    Attributes:
        responses: One for each (method, name, status) that had requests.
        errors: Failures by (method, name, kind of error).
        exceptions: Exceptions of the users' own code, by kind.
    """

    responses: list[ResponseDelta] = field(default_factory=list)
    errors: dict[tuple[str, str, str], int] = field(default_factory=dict)
    exceptions: dict[str, int] = field(default_factory=dict)

    @property
    def totals(self) -> Totals:
        """All names together."""
        totals = Totals()
        for response in self.responses:
            totals.requests += response.requests
            totals.failures += response.requests if response.failed else 0
            totals.durations.merge(response.durations)
        return totals

    def __bool__(self) -> bool:
        """Whether anything was recorded."""
        return bool(self.responses or self.errors or self.exceptions)


def finished(steps: Generator[object, None, T]) -> T:
    """Run all steps of a generator without a pause, and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # as the generator declares
