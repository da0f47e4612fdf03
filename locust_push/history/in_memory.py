"""The results of a run out of the series of the process that it happens in, with no store between. Pure."""

from locust_push.core.native import NativeHistogram
from locust_push.core.series import Series
from locust_push.core.table import SeriesTable
from locust_push.history.samples import Curve, Findings, LastHistogram, LastSample
from locust_push.history.scan import native_buckets
from locust_push.run_record import RunRecord


def findings_of(table: SeriesTable, record: RunRecord) -> Findings:
    """Return what a table holds now, and the run over time as far as it was kept."""
    seen = table.look(0)
    last = [LastSample(_labels(series), value, 0) for series, value in zip(seen.series, seen.values, strict=False)]
    pairs = zip(seen.histogram_series, seen.histograms, strict=False)
    curves = [Curve(_labels(series), samples) for series, samples in record.curves()]
    return Findings(last, curves, [_histogram(series, held) for series, held in pairs])


def _labels(series: Series) -> dict[str, str]:
    return {"__name__": series.name, **dict(series.labels)}


def _histogram(series: Series, held: NativeHistogram) -> LastHistogram:
    return LastHistogram(_labels(series), held.count, held.sum, list(native_buckets(held)))
