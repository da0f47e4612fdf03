"""The data that a source returns of a run, in one form for all sources."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from locust_push.core.record import record
from locust_push.results.model import Bucket

VMRANGE = "vmrange"
"""Label of a bucket of VictoriaMetrics: its bounds, as in ``1.000e-02...1.136e-02``."""


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


def before_resets(counters: Sequence[Curve]) -> list[LastSample]:
    """Return the sum of the values of each counter of one process before its resets.

    A ``vmrange`` bucket, to which VictoriaMetrics converts native histograms, has no samples while it is empty, so that
    its reset need not be a lower value: it is reset with the count of its histogram.
    """
    of_counts = {_histogram_of(one): _falls(one) for one in counters if one.labels["__name__"].endswith("_count")}

    def falls(one: Curve) -> Sequence[int]:
        return of_counts.get(_histogram_of(one), ()) if VMRANGE in one.labels else _falls(one)

    return [LastSample(one.labels, _reached(one, falls(one)), 0) for one in counters]


def _histogram_of(series: Curve) -> frozenset[tuple[str, str]]:
    family = series.labels["__name__"].rpartition("_")[0]
    return frozenset({**series.labels, "__name__": family, VMRANGE: ""}.items())


def _falls(counter: Curve) -> Sequence[int]:
    """Return the times at which a counter was lower than before."""
    return [time for (_, before), (time, after) in pairwise(counter.samples) if after < before]


def _reached(counter: Curve, falls: Sequence[int]) -> float:
    return sum(
        value for (time, value), (later, _) in pairwise(counter.samples) if any(time < fall <= later for fall in falls)
    )


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
