"""Judging the locustfile's own metrics. Pure.

All series of a metric that an expression selects are summed, over processes and labels.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from locust_push.results.measures import MEAN_LEAST, Measure, Unit, Worse, measure_of
from locust_push.results.model import Bucket, OwnSample, Precision, PrecisionSource, ResultRow, RunResults
from locust_push.results.tally import classic_buckets

STATISTICS = ("total", "rate", "value", "count", "avg")
"""The statistics of a metric, besides percentiles of histograms: total and rate per second of a counter, last value of
a gauge, number and mean of the observations of a histogram or summary."""

_SUFFIXES = ("", "_bucket", "_count", "_sum")


def own_measure(name: str, statistic: str) -> Measure | None:
    """Return ``statistic`` of the metric ``name`` as a measure; None if it is not known.

    Args:
        name: As in the exposition: the name of a counter ends in ``_total``.
        statistic: One of :data:`STATISTICS` or a percentile; by default the total of a counter, the value of any other.
    """
    statistic = statistic or ("total" if name.endswith("_total") else "value")
    percentile = measure_of(statistic) if statistic.startswith("p") else None
    if percentile is None and statistic not in STATISTICS:
        return None
    timed = name.endswith("_seconds") and statistic not in {"total", "rate", "count"}
    unit = Unit.SECONDS if timed else Unit.COUNT
    if percentile is not None:
        return replace(percentile, name=f"{name}:{statistic}", unit=unit)
    least = MEAN_LEAST if statistic == "avg" else 0
    return Measure(f"{name}:{statistic}", unit, Worse.NEITHER, lambda row: row.response_times[statistic], least)


def own_series(name: str) -> tuple[str, ...]:
    """Return the names of the series of a metric."""
    return tuple(f"{name}{suffix}" for suffix in _SUFFIXES)


def own_row(name: str, selects: Callable[[Mapping[str, str]], bool], results: RunResults) -> ResultRow | None:
    """Return the selected series of a metric as one row; None without any."""
    wanted = set(own_series(name))
    samples = [sample for sample in results.own if sample.name in wanted and selects(sample.labels)]
    if not samples:
        return None
    value, count, total = (_sum(f"{name}{suffix}", samples) for suffix in ("", "_count", "_sum"))
    seconds = results.run.judged_seconds
    made = {
        "total": value,
        "value": value,
        "count": count,
        "rate": (value or count) / seconds if seconds else math.nan,
        "avg": total / count if count else math.nan,
    }
    buckets = _buckets([sample for sample in samples if sample.name == f"{name}_bucket"])
    precision = Precision(PrecisionSource.CLASSIC, None)
    return ResultRow("", "", round(count), 0, 0.0, made, histogram=buckets, precision=precision)


def _sum(name: str, samples: Collection[OwnSample]) -> float:
    return math.fsum(sample.value for sample in samples if sample.name == name)


def _buckets(samples: Collection[OwnSample]) -> tuple[Bucket, ...]:
    cumulative = Counter[float]()
    for sample in samples:
        cumulative[float(sample.labels.get("le", "nan"))] += round(sample.value)
    return classic_buckets(cumulative)
