"""The reports at the end of a run, in the master or local process: ``--push-report`` without a second command.

They are made from the memory of this process, so that no store is needed. Writing them takes a bounded time: rows are
limited by ``--push-max-names``, the run over time by :data:`~locust_push.live.run_record.MAX_TICKS`. A page of 1,000
rows takes less than a second.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from locust_push.delivery.files import write_whole
from locust_push.documents.content import Report
from locust_push.documents.formats import render
from locust_push.results.gate import GateResult
from locust_push.results.model import RunResults

logger = logging.getLogger(__name__)


def write_reports(paths: Sequence[Path], summary: RunResults, gate: GateResult | None, now: float) -> None:
    """Write a run to files, each in the format of its suffix; one that fails is logged and affects no other.

    Args:
        paths: With suffixes of :data:`locust_push.documents.formats.REPORT_FORMATS`.
        summary: The results of the run.
        gate: Result of its gate; the run is compared with the first baseline.
        now: Unix time.
    """
    report = Report(summary, now) if gate is None else Report.of(gate, now)
    for note in report.notes:
        logger.warning("locust-push: %s", note)
    for path in paths:
        try:
            write_whole(path, render(report, path.suffix))
        except Exception as error:  # noqa: BLE001 - a failed report must not change the exit code
            logger.warning("locust-push: the report %s could not be written: %s; try locust-push report", path, error)
        else:
            logger.info("locust-push: wrote the report %s", path)
