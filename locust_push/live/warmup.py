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
    """Waits for the end of the warm-up, and keeps the data recorded by then.

    It ends with the first snapshot that holds all of it. A master gets its workers' requests some seconds late, so that
    there it ends with the first one that includes all data of workers from the warm-up, at the time up to which they
    have reported.

    Attributes:
        recorded: The data recorded when it ended, by (method, name).
        before: All series at that time; empty before.
    """

    def __init__(
        self, seconds: float, description: RunDescription, measured: Measurement, *, until_spawned: bool
    ) -> None:
        """Wait for the end of a warm-up.

        Args:
            seconds: Its length; 0 for none.
            description: The run; its warm-up's end is stored there.
            measured: The measurements of the run.
            until_spawned: Without ``seconds``, whether it ends when all users are running, as with Locust's
                --reset-stats.
        """
        self._seconds = seconds
        self._description = description
        self._measured = measured
        self._until_spawned = until_spawned
        self.recorded: Mapping[RowKey, Recorded] = {}
        self.before: list[Snapshot] = []

    def observe(self, snapshot: Snapshot) -> None:
        """Check each snapshot right after it was taken; keep the data at the end of the warm-up."""
        end, covered = self._end, self._covered(snapshot)
        if self.before or end is None or covered < end:
            return
        self._description.judged_from = covered
        self.recorded = recorded_by(self._measured.merged)
        self.before = [table.look(0) for table in self._measured.tables]
        Family(self._measured.table, metrics.RUN_JUDGED_FROM).cell().value = covered

    @property
    def _end(self) -> float | None:
        """Unix time at which it is over; None without one, or if not known yet."""
        if self._seconds:
            return self._description.start_time + self._seconds
        return self._description.spawned_time if self._until_spawned else None

    def _covered(self, snapshot: Snapshot) -> float:
        """Return the Unix time up to which all data is known."""
        reported = self._measured.from_workers
        if reported is None:
            return snapshot.timestamp_ms / 1000
        return time.time() - (time.monotonic() - reported.reported_until)
