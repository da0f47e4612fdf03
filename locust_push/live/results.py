"""The results of a run from the memory of one process, and their verdict and reports at its end."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable
from locust_push.live.greenlets import time_limit
from locust_push.live.run_description import RunDescription
from locust_push.live.run_record import RunRecord
from locust_push.options.settings import Settings

if TYPE_CHECKING:
    from locust_push.results.gate import GateResult
    from locust_push.results.model import RunResults


def results(
    settings: Settings,
    description: RunDescription,
    tables: Iterable[SeriesTable],
    record: RunRecord | None,
    before: Sequence[Snapshot],
) -> "RunResults":
    """Return the results of a run.

    Args:
        settings: Of this process.
        description: Of the run.
        tables: Its series.
        record: The run over time; None if it was not recorded.
        before: Contents of the tables at the end of the warm-up; empty without one.
    """
    # It imports the protobuf runtime, which takes 70 ms.
    from locust_push.live.in_memory import findings_of  # noqa: PLC0415
    from locust_push.results.build import build_summary  # noqa: PLC0415
    from locust_push.results.model import Run  # noqa: PLC0415

    labels = {"job": settings.job, **dict(settings.labels)}
    about = description
    run = Run(
        about.run_id,
        dict(about.info),
        about.start_time,
        about.end_time,
        labels,
        cut_short=about.cut_short,
        gate_met=about.gate_met,
        judged_from=about.judged_from,
    )
    return build_summary(run, findings_of(list(tables), record, about.start_time, before))


def more_quantiles(settings: Settings) -> list[str]:
    """Return the quantiles that the gates of a run need besides the usual ones, as values of the label."""
    if not settings.gates:
        return []
    from locust_push.live.end_gate import gate_of  # noqa: PLC0415 - as above
    from locust_push.results.measures import MEASURES  # noqa: PLC0415 - as above

    measures = {one.measure.name: one.measure.share for one in gate_of(settings).expressions if not one.own_metric}
    return [repr(share) for name, share in measures.items() if share is not None and name not in MEASURES]


def hold_to_gates(settings: Settings, of_run: "RunResults", seconds_left: Callable[[], float]) -> "GateResult":
    """Judge a run by its gates; baselines are read within ``seconds_left``."""
    from locust_push.live.end_gate import judge_at_end  # noqa: PLC0415 - as above

    return judge_at_end(settings, of_run, lambda seconds: time_limit(min(seconds, seconds_left())))


def lines_of(verdict: "GateResult") -> list[str]:
    """Return the lines of a message about a verdict."""
    from locust_push.documents.sentences import verdict_lines  # noqa: PLC0415 - as above

    return verdict_lines(verdict)


def report_on(settings: Settings, of_run: "RunResults", verdict: "GateResult | None") -> None:
    """Write the reports of a run."""
    from locust_push.live.end_report import write_reports  # noqa: PLC0415 - as above

    write_reports(settings.reports, of_run, verdict, time.time())
