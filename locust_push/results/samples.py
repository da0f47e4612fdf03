"""The data that a source returns of a run, in one form for all sources."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from locust_push.core.record import record
from locust_push.results.model import Bucket


class LastSample(NamedTuple):
    """The last sample of one series: its labels, including ``__name__``, value, and Unix time in ms (0 if unknown)."""

    labels: Mapping[str, str]
    value: float
    timestamp_ms: int


class LastHistogram(NamedTuple):
    """The last sample of a series of native histograms: labels, requests, sum of durations, buckets, ascending."""

    labels: Mapping[str, str]
    requests: float
    sum: float
    buckets: Sequence[Bucket]


class Curve(NamedTuple):
    """All samples of one series: its labels, and pairs of Unix time in ms and value, oldest first."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[int, float]]


def before_resets(counter: Curve) -> float:
    """Return the sum of the values of a counter before its resets."""
    values = (value for _, value in counter.samples)
    return sum(earlier for earlier, later in pairwise(values) if later < earlier)


@record(frozen=True, slots=True)
class Findings:
    """The data of a run from a source.

    Attributes:
        last: The last sample of each series that ends in numbers; counters may be summed over processes already.
        curves: The series of :data:`locust_push.core.metrics.OVER_TIME`.
        counted: The cumulative requests of one process, or of several together, over time; by the label ``status``.
        native: Native histograms of durations.
        instances: Processes that pushed.
        before: ``last`` at the end of the warm-up, of cumulative series; empty without one.
        native_before: The same of ``native``.
    """

    last: Sequence[LastSample]
    curves: Sequence[Curve] = ()
    counted: Sequence[Curve] = ()
    native: Sequence[LastHistogram] = ()
    instances: Sequence[str] = ()
    before: Sequence[LastSample] = ()
    native_before: Sequence[LastHistogram] = ()

    @property
    def last_time(self) -> float | None:
        """Unix time of the last sample; None if no time is known."""
        times = [sample.timestamp_ms for sample in self.last if sample.timestamp_ms]
        times += [curve.samples[-1][0] for curve in self.curves if curve.samples]
        return max(times) / 1000 if times else None
