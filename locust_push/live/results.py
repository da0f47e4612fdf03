"""What came of a run, by what one process has in memory; and judging and reporting it at its end."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from locust_push.core.table import SeriesTable
from locust_push.live.greenlets import time_limit
from locust_push.live.run_description import RunDescription
from locust_push.live.run_record import RequestRecord, RunRecord
from locust_push.options.settings import Settings

if TYPE_CHECKING:
    from locust_push.results.model import RunResults


def results(
    settings: Settings,
    description: RunDescription,
    tables: Iterable[SeriesTable],
    record: RunRecord,
    requests: RequestRecord,
) -> "RunResults":
    """Return the results of a run whose series are in ``tables``, over time as far as it was recorded."""
    # The protobuf runtime comes with it, 70 ms that others need not wait.
    from locust_push.live.in_memory import findings_of  # noqa: PLC0415
    from locust_push.results.build import build_summary  # noqa: PLC0415
    from locust_push.results.model import Run  # noqa: PLC0415

    labels = {"job": settings.job, **dict(settings.labels)}
    about = description
    run = Run(about.run_id, dict(about.info), about.start_time, about.end_time, labels)
    return build_summary(run, findings_of(list(tables), record, requests, about.start_time))


def judge_and_report(settings: Settings, summary: "RunResults") -> bool | None:
    """Hold a run to its gates and write its reports; return whether it met them, None where there is no gate."""
    from locust_push.live.end_gate import judge_at_end  # noqa: PLC0415 - as above
    from locust_push.live.end_report import write_reports  # noqa: PLC0415 - as above

    verdict = judge_at_end(settings, summary, time_limit) if settings.gates else None
    if settings.reports:
        write_reports(settings.reports, summary, verdict, time.time())
    return verdict.met if verdict else None
