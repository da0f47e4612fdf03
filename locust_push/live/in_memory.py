"""The results of a run out of the series of the process that it happens in, with no store between. Pure."""

from collections.abc import Sequence

from locust_push.core.labels import STATUS
from locust_push.core.native import NativeHistogram
from locust_push.core.series import Series
from locust_push.core.table import SeriesTable
from locust_push.live.run_record import RunRecord
from locust_push.results.samples import (
    Curve,
    Findings,
    LastHistogram,
    LastSample,
)
from locust_push.results.sources.scan import native_buckets


def findings_of(tables: Sequence[SeriesTable], record: RunRecord | None, start_time: float) -> Findings:
    """Return what tables hold now, none of which shares a series with another, and the run over time if it was kept."""
    last: list[LastSample] = []
    native: list[LastHistogram] = []
    for seen in (table.look(0) for table in tables):
        last += (LastSample(_labels(series), value, 0) for series, value in zip(seen.series, seen.values, strict=False))
        native += map(_histogram, seen.histogram_series, seen.histograms)
    curves = [Curve(_labels(series), samples) for series, samples in record.curves()] if record else ()
    counted = [Curve({STATUS: status}, made) for status, made in record.counted(start_time)] if record else ()
    return Findings(last, curves, counted, native)


def _labels(series: Series) -> dict[str, str]:
    return {"__name__": series.name, **dict(series.labels)}


def _histogram(series: Series, held: NativeHistogram) -> LastHistogram:
    return LastHistogram(_labels(series), held.count, held.sum, list(native_buckets(held)))
