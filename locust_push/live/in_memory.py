"""The results of a run from the series in memory, without a store. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from locust_push.core.labels import STATUS
from locust_push.core.native import NativeHistogram
from locust_push.core.series import Series
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable
from locust_push.live.run_description import RunDescription
from locust_push.live.run_record import RunRecord
from locust_push.options.settings import Settings
from locust_push.results.build import build_summary
from locust_push.results.model import Run, RunResults
from locust_push.results.samples import Curve, Findings, LastHistogram, LastSample
from locust_push.results.sources.scan import native_buckets


def results_in_memory(
    settings: Settings,
    about: RunDescription,
    tables: Sequence[SeriesTable],
    record: RunRecord | None,
    before: Sequence[Snapshot],
) -> RunResults:
    """Return the results of a run.

    Args:
        settings: Of this process.
        about: The run.
        tables: Its series.
        record: The run over time; None if it was not recorded.
        before: Contents of the tables at the end of the warm-up; empty without one.
    """
    run = Run(
        about.run_id,
        dict(about.info),
        about.start_time,
        about.end_time,
        {"job": settings.job, **dict(settings.labels)},
        cut_short=about.cut_short,
        gate_met=about.gate_met,
        judged_from=about.judged_from,
    )
    results = build_summary(run, findings_of(tables, record, about.start_time, before))
    return replace(results, error_texts=record.error_texts) if record else results


def findings_of(
    tables: Sequence[SeriesTable], record: RunRecord | None, start_time: float, before: Sequence[Snapshot] = ()
) -> Findings:
    """Return the data of a run in memory.

    Args:
        tables: Current snapshots of tables that share no series.
        record: The run over time, if it was recorded.
        start_time: Of the run, Unix seconds.
        before: The snapshots at the end of the warm-up; empty without one.
    """
    last, native = _held([table.look(0) for table in tables])
    curves = [Curve(_labels(series), samples) for series, samples in record.curves()] if record else ()
    counted = [Curve({STATUS: status}, made) for status, made in record.counted(start_time)] if record else ()
    return Findings(last, curves, counted, native, (), *_held(before))


def _held(snapshots: Sequence[Snapshot]) -> tuple[list[LastSample], list[LastHistogram]]:
    last: list[LastSample] = []
    native: list[LastHistogram] = []
    for seen in snapshots:
        last += (LastSample(_labels(series), value, 0) for series, value in zip(seen.series, seen.values, strict=False))
        native += map(_histogram, seen.histogram_series, seen.histograms)
    return last, native


def _labels(series: Series) -> dict[str, str]:
    return {"__name__": series.name, **dict(series.labels)}


def _histogram(series: Series, held: NativeHistogram) -> LastHistogram:
    return LastHistogram(_labels(series), held.count, held.sum, list(native_buckets(held)))
