"""Exemplars: single observations that stand for many, such as a traced request."""

from locust_push.core.record import record
from locust_push.core.series import Labels


@record(frozen=True, slots=True)
class Exemplar:
    """One observation that went into a series.

    Attributes:
        labels: Labels that identify it, such as ``trace_id``; not the labels of its series.
        value: What was observed.
        timestamp_ms: When, milliseconds since the epoch.
    """

    labels: Labels
    value: float
    timestamp_ms: int
