"""What a source finds of a run, before results are made of it: the same data, whatever it was read from."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from locust_push.core.record import record
from locust_push.results.model import Bucket


class LastSample(NamedTuple):
    """Where one series ended: its labels, ``__name__`` among them, value, and Unix time in ms (0 if not known)."""

    labels: Mapping[str, str]
    value: float
    timestamp_ms: int


class LastHistogram(NamedTuple):
    """Where one series of native histograms ended: labels, requests, the sum of their durations, buckets, ascending."""

    labels: Mapping[str, str]
    requests: float
    sum: float
    buckets: Sequence[Bucket]


class Curve(NamedTuple):
    """All samples of one series: its labels, and pairs of Unix time in ms and value, oldest first."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[int, float]]


def before_resets(counter: Curve) -> float:
    """Return the sum of what a counter had reached each time that it began again."""
    values = (value for _, value in counter.samples)
    return sum(earlier for earlier, later in pairwise(values) if later < earlier)


@record(frozen=True, slots=True)
class Findings:
    """All that a source found of a run.

    Attributes:
        last: The last sample of each series that ends in numbers; counters may be summed over processes already.
        curves: The series of :data:`locust_push.core.metrics.OVER_TIME`.
        counted: The requests of one process, or of several together, counted up over time; by the label ``status``.
        native: Native histograms of durations.
        instances: Processes that pushed.
        before: What ``last`` was when the warm-up ended, of series that count; empty without one.
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
        """Unix time of the last sample; None where no time is known."""
        times = [sample.timestamp_ms for sample in self.last if sample.timestamp_ms]
        times += [curve.samples[-1][0] for curve in self.curves if curve.samples]
        return max(times) / 1000 if times else None
