"""Makes the results of a run from the data of a source. Pure, and the same for every source.

Counters and histograms are summed over processes, since each has its own. The metrics of the run as a whole have one
writer, the master or the local runner; if a run ID was used twice, neither covers all of it, and percentiles come from
the histograms of both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from locust_push.core import metrics
from locust_push.core.histogram import RELATIVE_ERROR
from locust_push.core.labels import INSTANCE, MISSING, RUN_LABELS, TOTAL, RowKey
from locust_push.core.series import Metric
from locust_push.results.curves import points
from locust_push.results.model import (
    PERCENTILE_SHARES,
    UNMEASURED,
    Bucket,
    OwnSample,
    Precision,
    PrecisionSource,
    ResultRow,
    Run,
    RunResults,
)
from locust_push.results.quantile import classic_quantile, native_error, native_quantile
from locust_push.results.samples import Findings, LastSample
from locust_push.results.tally import (
    Tally,
    key_of,
    named,
    tally,
)

_OURS = frozenset(f"{metric.name}{suffix}" for metric in metrics.ALL for suffix in ("", "_bucket", "_sum", "_count"))
"""Names of our own series; all others are the locustfile's metrics."""

COUNTING = ("_total", "_bucket", "_count", "_sum")
"""Suffixes of the names of series that count from the start of the run."""

_OwnKey = tuple[str, frozenset[tuple[str, str]]]

_BY_QUANTILE = {share: key for key, share in PERCENTILE_SHARES.items()} | {0.0: "min"}
"""Keys of response times that are sent at the end of a run; other quantiles are percentiles that a gate needs."""


def build_summary(run: Run, findings: Findings) -> RunResults:
    """Return the results of ``run``; a run without a known end lasts until its last sample."""
    if run.end_time is None and findings.last_time is not None:
        run = replace(run, last_time=findings.last_time)
    tallies, told = tally(findings), _Told.of(run, findings.last)
    if run.judged_from is not None or not tallies[TOTAL].requests:
        told.correct(tallies)
    keys = sorted((key for key in tallies if key != TOTAL), key=lambda key: (key[1], key[0]))
    rows = tuple(_row(key, tallies[key], told, run.judged_seconds) for key in keys)
    aggregated = _row(TOTAL, tallies[TOTAL], told, run.judged_seconds)
    instances, own = tuple(sorted(findings.instances)), tuple(_own(run, findings))
    return RunResults(run, rows, aggregated, points(findings, run), instances, own, _lost_workers(findings.last))


def _lost_workers(samples: Sequence[LastSample]) -> int:
    workers = named(samples, metrics.WORKERS.name)
    return round(max((one.value for one in workers if one.labels.get("state") == MISSING), default=0))


def _own(run: Run, findings: Findings) -> Iterator[OwnSample]:
    """Yield the final values of the locustfile's own metrics, summed over processes, without the warm-up."""
    sums = Counter(_own_sums(run, findings.last))
    earlier = _own_sums(run, (one for one in findings.before if one.labels["__name__"].endswith(COUNTING)))
    sums.subtract(earlier)
    for (name, labels), value in sums.items():
        yield OwnSample(name, dict(labels), value)


def _own_sums(run: Run, samples: Iterable[LastSample]) -> "dict[_OwnKey, Any]":
    every_series_has = {"__name__", *RUN_LABELS, *run.labels}
    sums: dict[_OwnKey, Any] = {}
    for sample in samples:
        name = sample.labels["__name__"]
        if name not in _OURS:
            key = name, frozenset(pair for pair in sample.labels.items() if pair[0] not in every_series_has)
            sums[key] = sums.get(key, 0.0) + sample.value
    return sums


@dataclass(slots=True)
class _Told:
    """The values that the master or local runner wrote at the end of the run, by (method, name)."""

    requests: dict[RowKey, float]
    failures: dict[RowKey, float]
    requests_per_second: dict[RowKey, float]
    response_times: dict[RowKey, dict[str, float]]

    @classmethod
    def of(cls, run: Run, samples: Sequence[LastSample]) -> "_Told":
        of_what = metrics.WHOLE_RUN if run.judged_from is None else metrics.STEADY_STATE
        judged_from = {None, *(one.value for one in named(samples, metrics.RUN_JUDGED_FROM.name))}
        tellers = {one.labels.get(INSTANCE) for one in named(samples, of_what.requests.name)}
        if run.judged_from not in judged_from or len(tellers) > 1:
            return cls({}, {}, {}, {})
        counts = of_what.requests, of_what.failures, of_what.requests_per_second
        requests, failures, rates = (_by_key(samples, metric) for metric in counts)
        return cls(requests, failures, rates, _times(samples, of_what))

    def correct(self, tallies: dict[RowKey, Tally]) -> None:
        """Set the counts that the master wrote, which include all processes at one moment."""
        for key, requests in self.requests.items():
            tallies.setdefault(key, Tally()).requests = round(requests)
            tallies[key].failures = round(self.failures.get(key, 0))


def _by_key(samples: Sequence[LastSample], metric: Metric) -> dict[RowKey, float]:
    return {key_of(labels): value for labels, value, _ in named(samples, metric.name)}


def _times(samples: Sequence[LastSample], of_what: metrics.TotalsMetrics) -> dict[RowKey, dict[str, float]]:
    times: dict[RowKey, dict[str, float]] = {}
    for labels, value, _ in named(samples, of_what.response_time.name):
        times.setdefault(key_of(labels), {})[_response_time_key(labels["quantile"])] = value
    for key, mean in _by_key(samples, of_what.mean).items() if of_what.mean else ():
        times.setdefault(key, {})["avg"] = mean
    return times


def _response_time_key(quantile: str) -> str:
    share = float(quantile)
    return _BY_QUANTILE.get(share) or f"p{round(100 * share, 6):g}"


def _row(key: RowKey, counted: Tally, told: _Told, seconds: float | None) -> ResultRow:
    rate = told.requests_per_second.get(key)
    if rate is None:
        rate = counted.requests / seconds if seconds else 0.0
    times, precision = _response_times(counted, told.response_times.get(key, {}))
    return ResultRow(
        *key,
        counted.requests,
        counted.failures,
        rate,
        times,
        failures_per_second=rate * counted.failures / counted.requests if counted.requests else 0.0,
        failures_by_kind=dict(counted.kinds.most_common()),
        response_bytes=counted.response_bytes,
        histogram=counted.native or counted.classic,
        precision=precision,
    )


def _response_times(counted: Tally, told: Mapping[str, float]) -> tuple[dict[str, float], Precision]:
    """Return the most exact values: extremes are the master's, if it wrote them, whatever the source of quantiles."""
    quantiles, precision = _quantiles(counted, told)
    if not quantiles:
        return {}, UNMEASURED
    buckets = counted.native or counted.classic
    extremes = {"min": buckets[0].lower} if buckets and buckets[0].lower > 0 else {}
    mean = {"avg": counted.seconds / counted.durations} if counted.durations else {}
    # The master computes the percentiles of gates from finer buckets than those that are read back.
    exact = {key: value for key, value in told.items() if key not in quantiles or key == "max"}
    return quantiles | extremes | mean | exact, precision


def _quantiles(counted: Tally, told: Mapping[str, float]) -> tuple[dict[str, float], Precision]:
    """Return the quantiles with the smallest error; native histograms are coarser than those of a master."""
    buckets = counted.native
    if buckets and not (told and native_error(buckets) > 1.001 * RELATIVE_ERROR):
        found = {key: native_quantile(share, buckets) for key, share in PERCENTILE_SHARES.items()}
        return found, Precision(PrecisionSource.NATIVE, native_error(buckets))
    if told:
        return {key: told[key] for key in PERCENTILE_SHARES if key in told}, Precision(
            PrecisionSource.SUMMARY, RELATIVE_ERROR
        )
    return _interpolated(counted.classic)


def _interpolated(buckets: Sequence[Bucket]) -> tuple[dict[str, float], Precision]:
    """Return quantiles as exact as classic buckets allow: for a run whose master wrote no results."""
    if not buckets:
        return {}, UNMEASURED
    found = {key: classic_quantile(share, buckets) for key, share in PERCENTILE_SHARES.items()}
    return found, Precision(PrecisionSource.CLASSIC, None)
