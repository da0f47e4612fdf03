"""One tick's view of all series, as columns: the only data that passes from aggregation to encoding."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from locust_push.core.exemplar import Exemplar
from locust_push.core.native import NativeHistogram
from locust_push.core.record import record
from locust_push.core.series import Series


@record(frozen=True, slots=True)
class Snapshot:
    """All series of a process and their values at one moment.

    ``series`` is append-only and shared by all snapshots of a run: an index always means the same series, so that
    encoders cache by index what does not change between ticks.

    Attributes:
        timestamp_ms: Milliseconds since the epoch, the same for every sample; strictly greater from tick to tick.
        previous_ms: Where the 0 that precedes the first sample of a new cumulative series goes.
        series: All series of the run, oldest first. May have grown when it is read later; use ``len(values)``.
        values: One value per series, in the same order.
        known: ``series[:known]`` were in an earlier snapshot; the rest are new in this one.
        histogram_series: As ``series``, of those whose samples are native histograms; append-only as well.
        histograms: One native histogram per series of them, in the same order.
        histograms_known: As ``known``, of ``histogram_series``.
        ended: Indexes of series that have no value any more; where they are not absent, the value is a stale marker.
        absent: Those of them that are left out, since their marker is in an earlier snapshot.
        exemplars: By index into ``series``, the exemplar that is new in this snapshot.
    """

    timestamp_ms: int
    previous_ms: int
    series: Sequence[Series]
    values: Sequence[float]
    known: int
    histogram_series: Sequence[Series] = ()
    histograms: Sequence[NativeHistogram] = ()
    histograms_known: int = 0
    ended: frozenset[int] = frozenset()
    absent: frozenset[int] = frozenset()
    exemplars: Mapping[int, Exemplar] = field(default_factory=dict)
