"""What is known of a run beside its measurements, and what a process is in it."""

from enum import StrEnum

from locust_push.core.record import record
from locust_push.core.series import Labels

ABORTED, INTERRUPTED = "aborted", "interrupted"
"""Why a run ended before its time."""


class Role(StrEnum):
    """What a process is in a run."""

    LOCAL = "local"
    MASTER = "master"
    WORKER = "worker"

    @property
    def makes_requests(self) -> bool:
        """Whether users run in it."""
        return self is not Role.MASTER

    @property
    def speaks_for_run(self) -> bool:
        """Whether it knows, and pushes, what holds for the run as a whole."""
        return self is not Role.WORKER


@record(slots=True)
class RunDescription:
    """What is known of a run as a whole, beside its measurements.

    Attributes:
        run_id: The label ``run_id``.
        info: Labels of ``locust_run_info``; empty in a worker.
        start_time: Unix seconds.
        end_time: Unix seconds; None while it is going on.
        mistaken: Whether something that was asked for could not be used.
        spawned_time: When all users were first running, Unix seconds; None before.
        judged_from: When its warm-up was over, Unix seconds; None before, and without one.
        cut_short: Why it ended before its time, interrupted or aborted; empty where it did not.
        gate_met: Whether it met its gates; None before it is judged, and without any.
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

    @property
    def ends_by_itself(self) -> bool:
        """Whether there is an end that the run is to reach: of its run time, or of its shape."""
        return bool({"run_time", "shape_class"} & dict(self.info).keys())

    @property
    def over(self) -> bool:
        """Whether the run has ended; its last requests may still be on their way."""
        return self.end_time is not None
