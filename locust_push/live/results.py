"""What came of a run, by what one process has in memory; and judging and reporting it at its end."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from locust_push.core.table import SeriesTable
from locust_push.live.greenlets import time_limit
from locust_push.live.run_description import RunDescription
from locust_push.live.run_record import RunRecord
from locust_push.options.settings import Settings

if TYPE_CHECKING:
    from locust_push.results.gate import GateResult
    from locust_push.results.model import RunResults


def results(
    settings: Settings, description: RunDescription, tables: Iterable[SeriesTable], record: RunRecord | None
) -> "RunResults":
    """Return the results of a run whose series are in ``tables``, over time as far as there is a ``record``."""
    # The protobuf runtime comes with it, 70 ms that others need not wait.
    from locust_push.live.in_memory import findings_of  # noqa: PLC0415
    from locust_push.results.build import build_summary  # noqa: PLC0415
    from locust_push.results.model import Run  # noqa: PLC0415

    labels = {"job": settings.job, **dict(settings.labels)}
    about = description
    run = Run(about.run_id, dict(about.info), about.start_time, about.end_time, labels)
    return build_summary(run, findings_of(list(tables), record or RunRecord()))


def hold_to_gates(settings: Settings, of_run: "RunResults", seconds_left: Callable[[], float]) -> "GateResult":
    """Hold a run to its gates; baselines are read within ``seconds_left``."""
    from locust_push.live.end_gate import judge_at_end  # noqa: PLC0415 - as above

    return judge_at_end(settings, of_run, lambda seconds: time_limit(min(seconds, seconds_left())))


def report_on(settings: Settings, of_run: "RunResults", verdict: "GateResult | None") -> None:
    """Write the reports of a run."""
    from locust_push.live.end_report import write_reports  # noqa: PLC0415 - as above

    write_reports(settings.reports, of_run, verdict, time.time())
