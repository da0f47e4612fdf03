"""What a source finds of a run, before results are made of it: the same data, whatever it was read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from locust_push.results.model import Bucket

VMRANGE = "vmrange"
"""Label of a bucket of VictoriaMetrics: its bounds, as in ``1.000e-02...1.136e-02``."""


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


def before_resets(counters: Sequence[Curve]) -> list[LastSample]:
    """Return of each counter of one process the sum of what it had reached each time that it began again.

    A ``vmrange`` bucket, as VictoriaMetrics makes them of native histograms, is there once it holds something, so that
    it may begin again without falling: with the count of its histogram, which falls.
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


@dataclass(frozen=True, slots=True)
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
