"""From the last samples of all series of a run to its results. Pure, and the same for every source.

Counters and histograms are summed over processes, since each has its own. What holds for the run as a whole has one
writer, the master or the local runner; where a run ID was used twice, the last word counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from locust_push.core import metrics
from locust_push.core.native import NativeHistogram, merged
from locust_push.core.series import Metric
from locust_push.history.quantile import bucket_quantile
from locust_push.history.samples import LastSample
from locust_push.history.summary import AGGREGATED, QUANTILES, Row, Run, RunSummary

Key = tuple[str, str]
"""Method and name."""

_TOTAL: Key = ("", AGGREGATED)
_BY_QUANTILE = {share: key for key, share in QUANTILES.items()}


def build_summary(run: Run, samples: Sequence[LastSample]) -> RunSummary:
    """Return the results of ``run`` out of the last sample of each series of each process."""
    counts = _Counts()
    counts.add_requests(_named(samples, metrics.REQUESTS, ""))
    counts.add_buckets(_named(samples, metrics.REQUEST_DURATION, "_bucket"))
    counts.add_histograms(_named(samples, metrics.REQUEST_DURATION, ""))
    told = _Told.of(samples)
    seconds = run.duration
    keys = sorted((key for key in counts.requests if key != _TOTAL), key=lambda key: (key[1], key[0]))
    rows = tuple(_row(key, counts, told, seconds) for key in keys)
    return RunSummary(run, rows, _row(_TOTAL, counts, told, seconds))


@dataclass(slots=True)
class _Counts:
    """What the processes counted, summed up: by (method, name), and all of it under :data:`_TOTAL`."""

    requests: Counter[Key] = field(default_factory=Counter)
    failures: Counter[Key] = field(default_factory=Counter)
    buckets: dict[Key, Counter[float]] = field(default_factory=dict)
    histograms: dict[Key, list[NativeHistogram]] = field(default_factory=dict)

    def add_requests(self, samples: Iterable[LastSample]) -> None:
        for labels, value, *_ in samples:
            for key in (_key(labels), _TOTAL):
                self.requests[key] += int(value)
                if labels.get("status") == "failure":
                    self.failures[key] += int(value)

    def add_buckets(self, samples: Iterable[LastSample]) -> None:
        for labels, value, *_ in samples:
            for key in (_key(labels), _TOTAL):
                self.buckets.setdefault(key, Counter())[float(labels["le"])] += int(value)

    def add_histograms(self, samples: Iterable[LastSample]) -> None:
        for sample in samples:
            if sample.histogram is not None:
                for key in (_key(sample.labels), _TOTAL):
                    self.histograms.setdefault(key, []).append(sample.histogram)


@dataclass(slots=True)
class _Told:
    """What the run's master or local runner told at its end, by (method, name)."""

    requests_per_second: dict[Key, float]
    response_times: dict[Key, dict[str, float]]

    @classmethod
    def of(cls, samples: Sequence[LastSample]) -> "_Told":
        rates = {_key(labels): value for labels, value, *_ in _named(samples, metrics.RUN_REQUESTS_PER_SECOND, "")}
        times: dict[Key, dict[str, float]] = {}
        for labels, value, *_ in _named(samples, metrics.RUN_RESPONSE_TIME, ""):
            quantile = _BY_QUANTILE.get(float(labels["quantile"]))
            if quantile:
                times.setdefault(_key(labels), {})[quantile] = value
        return cls(rates, times)


def _row(key: Key, counts: _Counts, told: _Told, seconds: float | None) -> Row:
    requests = counts.requests[key]
    rate = told.requests_per_second.get(key)
    if rate is None:
        rate = requests / seconds if seconds else 0.0
    times = told.response_times.get(key)
    if times is None:
        times = _merged(counts.histograms.get(key, ())) or _interpolated(counts.buckets.get(key, {}))
    return Row(*key, requests, counts.failures[key], rate, times)


def _merged(histograms: Sequence[NativeHistogram]) -> dict[str, float]:
    """Return response times from native histograms, which tell them within the error of their schema."""
    whole = merged(histograms) if histograms else None
    return {key: whole.quantile(share) for key, share in QUANTILES.items()} if whole else {}


def _interpolated(buckets: Mapping[float, int]) -> dict[str, float]:
    """Return response times as near as classic buckets tell them: for a run whose master did not get to its end."""
    bounds = sorted(buckets.items())
    return {key: bucket_quantile(share, bounds) for key, share in QUANTILES.items()} if bounds else {}


def _named(samples: Iterable[LastSample], metric: Metric, suffix: str) -> list[LastSample]:
    """Return the samples of a metric, the newest last."""
    name = metric.name + suffix
    found = [sample for sample in samples if sample.labels.get("__name__") == name]
    return sorted(found, key=lambda sample: sample.timestamp_ms)


def _key(labels: Mapping[str, str]) -> Key:
    # An empty label is no label, on the wire as in a store.
    return labels.get("method", ""), labels.get("name", "")
