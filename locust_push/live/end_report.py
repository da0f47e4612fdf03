"""The reports at the end of a run, in the master or local process: ``--push-report`` without a second command.

They are made of what this process has in memory, so that no store is needed and none is waited for. What takes time is
writing them, which is bounded by what there is to write: rows by ``--push-max-names``, the run over time by
:data:`~locust_push.live.run_record.MAX_TICKS`. A page of 1,000 rows takes less than a second.
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
    """Write a run to files, each in the format of its suffix; one that fails costs a line in the log, and no other.

    Args:
        paths: With suffixes of :data:`locust_push.documents.formats.REPORT_FORMATS`.
        summary: The results of the run.
        gate: What came of its gate; the first of its baselines is laid beside the run.
        now: Unix time.
    """
    report = Report(summary, now) if gate is None else Report.of(gate, now)
    for note in report.notes:
        logger.warning("locust-push: %s", note)
    for path in paths:
        try:
            write_whole(path, render(report, path.suffix))
        except Exception as error:  # noqa: BLE001 - whatever it is, the run was good, and its exit code stays
            logger.warning("locust-push: the report %s could not be written: %s", path, error)
        else:
            logger.info("locust-push: wrote the report %s", path)
