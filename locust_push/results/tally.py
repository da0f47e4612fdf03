"""The counts of all processes of a run, summed by (method, name), and in total under :data:`TOTAL`. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from locust_push.core import metrics
from locust_push.core.labels import ERROR, FAILURE, METHOD, NAME, STATUS, TOTAL, RowKey
from locust_push.results.model import Bucket
from locust_push.results.samples import VMRANGE, Findings, LastHistogram, LastSample


@dataclass(slots=True)
class Tally:
    """The counts of one key.

    Attributes:
        requests: All of them.
        failures: Of those that failed.
        kinds: Failures by kind of error.
        response_bytes: All of them.
        durations: How many requests had one.
        seconds: The sum of all durations.
        cumulative: Classic buckets: durations up to each bound.
        exponential: Buckets of native histograms: durations between two bounds.
    """

    requests: int = 0
    failures: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    response_bytes: int = 0
    durations: float = 0
    seconds: float = 0.0
    cumulative: Counter[float] = field(default_factory=Counter)
    exponential: Counter[tuple[float, float]] = field(default_factory=Counter)

    def take_away(self, earlier: "Tally") -> None:
        """Subtract earlier counts of the same key."""
        self.requests -= earlier.requests
        self.failures -= earlier.failures
        self.kinds -= earlier.kinds
        self.response_bytes -= earlier.response_bytes
        self.durations -= earlier.durations
        self.seconds -= earlier.seconds
        self.cumulative.subtract(earlier.cumulative)
        self.exponential.subtract(earlier.exponential)

    @property
    def classic(self) -> tuple[Bucket, ...]:
        """Classic buckets that are not empty, ascending."""
        return classic_buckets(self.cumulative)

    @property
    def native(self) -> tuple[Bucket, ...]:
        """Exponential buckets that are not empty, ascending; none if they do not include all durations."""
        buckets = tuple(Bucket(*bounds, count) for bounds, count in sorted(self.exponential.items()) if count > 0)
        return buckets if sum(bucket.requests for bucket in buckets) >= self.requests_in_classic else ()

    @property
    def requests_in_classic(self) -> float:
        """Durations in classic buckets."""
        return self.cumulative.get(math.inf, 0)


def tally(findings: Findings) -> dict[RowKey, Tally]:
    """Sum all counts since the warm-up, or without one since the start."""
    tallies = _added(findings.last, findings.native)
    for key, earlier in _added(findings.before, findings.native_before).items():
        tallies[key].take_away(earlier)
    # Requests that were made only during the warm-up are left out.
    return {key: one for key, one in tallies.items() if not findings.before or one.requests or key == TOTAL}


def _added(samples: Sequence[LastSample], histograms: Sequence[LastHistogram]) -> dict[RowKey, Tally]:
    tallies: dict[RowKey, Tally] = {TOTAL: Tally()}
    for sample in samples:
        add = _ADD.get(sample.labels.get("__name__", ""))
        if add is not None:
            for each in _of(tallies, sample.labels):
                add(each, sample)
    for histogram in histograms:
        for each in _of(tallies, histogram.labels):
            _add_native(each, histogram)
    return tallies


def classic_buckets(cumulative: Mapping[float, int]) -> tuple[Bucket, ...]:
    """Return the buckets that are not empty, ascending, from counts up to each bound."""
    bounds = [(0.0, 0), *sorted(cumulative.items())]
    buckets = (Bucket(lower, upper, count - below) for (lower, below), (upper, count) in pairwise(bounds))
    return tuple(bucket for bucket in buckets if bucket.requests > 0)


def key_of(labels: Mapping[str, str]) -> RowKey:
    """Return method and name; an empty label is the same as a missing one."""
    return labels.get(METHOD, ""), labels.get(NAME, "")


def _of(tallies: dict[RowKey, Tally], labels: Mapping[str, str]) -> Iterator[Tally]:
    key = key_of(labels)
    if key != TOTAL:
        yield tallies.setdefault(key, Tally())
    yield tallies[TOTAL]


def _add_requests(one: Tally, sample: LastSample) -> None:
    one.requests += round(sample.value)
    if sample.labels.get(STATUS) == FAILURE:
        one.failures += round(sample.value)


def _add_kind(one: Tally, sample: LastSample) -> None:
    one.kinds[sample.labels.get(ERROR, "")] += round(sample.value)


def _add_bytes(one: Tally, sample: LastSample) -> None:
    one.response_bytes += round(sample.value)


def _add_bucket(one: Tally, sample: LastSample) -> None:
    if (between := sample.labels.get(VMRANGE)) is not None:
        lower, _, upper = between.partition("...")
        one.exponential[float(lower), float(upper)] += round(sample.value)
    elif "le" in sample.labels:
        one.cumulative[float(sample.labels["le"])] += round(sample.value)


def _add_count(one: Tally, sample: LastSample) -> None:
    one.durations += sample.value


def _add_sum(one: Tally, sample: LastSample) -> None:
    one.seconds += sample.value


def _add_native(one: Tally, histogram: LastHistogram) -> None:
    for lower, upper, count in histogram.buckets:
        one.exponential[lower, upper] += round(count)
    if not one.cumulative:
        one.durations += histogram.requests
        one.seconds += histogram.sum


_DURATION = metrics.REQUEST_DURATION.name
_ADD = {
    metrics.REQUESTS.name: _add_requests,
    metrics.REQUEST_FAILURES.name: _add_kind,
    metrics.RESPONSE_BYTES.name: _add_bytes,
    f"{_DURATION}_bucket": _add_bucket,
    f"{_DURATION}_count": _add_count,
    f"{_DURATION}_sum": _add_sum,
}
"""Functions that add a series, by its name."""

COUNTED: Sequence[str] = tuple(_ADD)
"""Names of all series that are summed."""


def named(samples: Iterable[LastSample], name: str) -> list[LastSample]:
    """Return the samples of a name, the newest last."""
    found = [sample for sample in samples if sample.labels.get("__name__") == name]
    return sorted(found, key=lambda sample: sample.timestamp_ms)
