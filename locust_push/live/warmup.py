"""The end of a run's warm-up: what was recorded by then, to subtract it from the results. Nothing is reset."""

import time
from collections.abc import Mapping

from locust_push.core import metrics
from locust_push.core.labels import RowKey
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import Family
from locust_push.live.measurement import Measurement
from locust_push.live.run_description import RunDescription
from locust_push.live.run_totals import Recorded, recorded_by


class Warmup:
    """Waits for the end of the warm-up, and keeps what there was.

    It ends with the first snapshot that holds all of it. A master gets its workers' requests some seconds late, so
    that there it ends with the first one in which all that workers did meanwhile is known, and is taken to have ended
    at the time up to which they have reported.

    Attributes:
        recorded: By (method, name), what had been recorded when it ended.
        before: All series as they were then; empty before.
    """

    def __init__(
        self, seconds: float, description: RunDescription, measured: Measurement, *, until_spawned: bool
    ) -> None:
        """Wait for the end of a warm-up.

        Args:
            seconds: How long it is; 0 for none.
            description: Of the run; is given the time at which it ended.
            measured: What is recorded.
            until_spawned: Without ``seconds``, whether it ends when all users are running, as Locust's --reset-stats
                has it.
        """
        self._seconds = seconds
        self._description = description
        self._measured = measured
        self._until_spawned = until_spawned
        self.recorded: Mapping[RowKey, Recorded] = {}
        self.before: list[Snapshot] = []

    def __repr__(self) -> str:
        return f"<Warmup {'over' if self.before else 'going on'}>"

    def observe(self, snapshot: Snapshot) -> None:
        """Look at each snapshot, right after it was taken; keep what there is at the end of the warm-up."""
        end, covered = self._end, self._covered(snapshot)
        if self.before or end is None or covered < end:
            return
        self._description.judged_from = covered
        self.recorded = recorded_by(self._measured.merged)
        self.before = [table.look(0) for table in self._measured.tables]
        Family(self._measured.table, metrics.RUN_JUDGED_FROM).cell().value = covered

    @property
    def _end(self) -> float | None:
        """Unix time at which it is over; None where there is none, or where that is not known yet."""
        if self._seconds:
            return self._description.start_time + self._seconds
        return self._description.spawned_time if self._until_spawned else None

    def _covered(self, snapshot: Snapshot) -> float:
        """Return the Unix time up to which all is known."""
        reported = self._measured.from_workers
        if reported is None:
            return snapshot.timestamp_ms / 1000
        return time.time() - (time.monotonic() - reported.reported_until)
