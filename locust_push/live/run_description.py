"""The facts about a run besides its measurements, and the roles of processes."""

from collections.abc import Collection
from enum import StrEnum

from locust_push.core.record import record
from locust_push.core.series import Labels


class Role(StrEnum):
    """The role of a process in a run."""

    LOCAL = "local"
    MASTER = "master"
    WORKER = "worker"

    @property
    def makes_requests(self) -> bool:
        """Whether it runs users."""
        return self is not Role.MASTER

    @property
    def speaks_for_run(self) -> bool:
        """Whether it pushes the metrics of the run as a whole."""
        return self is not Role.WORKER


@record(slots=True)
class RunDescription:
    """The facts about a run as a whole, besides its measurements.

    Attributes:
        run_id: The label ``run_id``.
        info: Labels of ``locust_run_info``; empty in a worker.
        start_time: Unix seconds.
        end_time: Unix seconds; None while it is in progress.
        mistaken: Whether a value of the web form could not be used.
        spawned_time: When all users were first running, Unix seconds; None before.
        judged_from: When its warm-up was over, Unix seconds; None before, and without one.
        cut_short: Why it ended early, interrupted or aborted; empty if it did not.
        gate_met: Whether it met its gates; None before it is judged, and without any.
        unreported: Client IDs of workers without whose last reports the results were made; empty before.
    """

    run_id: str
    info: Labels
    start_time: float
    end_time: float | None = None
    spawned_time: float | None = None
    mistaken: bool = False
    judged_from: float | None = None
    cut_short: str = ""
    gate_met: bool | None = None
    unreported: Collection[str] = ()

    @property
    def ends_by_itself(self) -> bool:
        """Whether the run has a planned end: a run time or a shape."""
        return bool({"run_time", "shape_class"} & dict(self.info).keys())

    @property
    def over(self) -> bool:
        """Whether the run has ended; its last requests may still be reported."""
        return self.end_time is not None
