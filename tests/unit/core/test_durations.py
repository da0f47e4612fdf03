"""Durations as series: the configured form, and the fallback."""

import pytest

from locust_push.core.durations import HistogramForms
from locust_push.core.hot_path.plain import LAST_CAPACITY
from locust_push.core.native import SCHEMAS
from locust_push.core.recorder import Recorder
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable


class Recorded:
    """A recorder with a given form of durations."""

    def __init__(self, **forms: object) -> None:
        self.forms = HistogramForms((0.1, 1.0), **forms)  # type: ignore[arg-type]  # each test gives what fits
        self.table = SeriesTable()
        self.recorder = Recorder(self.table, forms=self.forms, max_names=10)
        self._tick = 0

    def request(self, milliseconds: float, name: str = "/a", error: Exception | None = None) -> None:
        """Record a request."""
        self.recorder.on_request(
            request_type="GET", name=name, response_time=milliseconds, response_length=1, exception=error
        )

    def snapshot(self) -> Snapshot:
        """Take a snapshot as the pipeline does."""
        for _ in self.recorder.drain():
            pass
        self._tick += 1
        return self.table.snapshot(self._tick * 1000, self._tick * 1000 - 1000)


def classic(snapshot: Snapshot) -> dict[tuple[str, ...], float]:
    """Return classic samples of durations: suffix and ``name``, ``status`` and ``le``."""
    return {
        (series.suffix, *(value for _, value in series.labels[1:])): value
        for series, value in zip(snapshot.series, snapshot.values, strict=True)
        if series.metric.name == "locust_request_duration_seconds"
    }


@pytest.mark.parametrize(
    ("forms", "has_classic", "has_native"),
    [({}, True, False), ({"classic": False, "native_schema": 3}, False, True), ({"native_schema": 3}, True, True)],
)
def test_durations_are_pushed_in_the_forms_asked_for(
    forms: dict[str, object], has_classic: bool, has_native: bool
) -> None:
    """Classic, native, or both; a native histogram is one series with the family's name."""
    recorded = Recorded(**forms)
    recorded.request(500)
    snapshot = recorded.snapshot()
    assert bool(classic(snapshot)) is has_classic
    assert bool(snapshot.histograms) is has_native
    assert [(series.name, dict(series.labels)) for series in snapshot.histogram_series] == [
        ("locust_request_duration_seconds", {"method": "GET", "name": "/a", "status": "success"})
    ] * has_native


def test_each_outcome_has_a_native_histogram_of_its_own() -> None:
    """Successes and failures are separate, and each is in the table from its first duration on."""
    recorded = Recorded(native_schema=3)
    recorded.request(500)
    assert [dict(series.labels)["status"] for series in recorded.snapshot().histogram_series] == ["success"]
    recorded.request(100, error=ValueError())
    recorded.request(100, error=ValueError())
    snapshot = recorded.snapshot()
    assert [dict(series.labels)["status"] for series in snapshot.histogram_series] == ["success", "failure"]
    assert [histogram.count for histogram in snapshot.histograms] == [1, 2]
    assert snapshot.histograms_known == 1


@pytest.mark.parametrize("schema", SCHEMAS)
def test_both_forms_are_of_one_moment(schema: int) -> None:
    """Counts and sums of the native histogram, the classic one and the counter agree in every snapshot."""
    recorded = Recorded(native_schema=schema)
    for batch in (1, 40, 600):
        for number in range(batch):
            recorded.request(number)
        snapshot = recorded.snapshot()
        (histogram,) = snapshot.histograms
        samples = classic(snapshot)
        assert samples["_count", "/a", "success"] == histogram.count
        assert samples["_sum", "/a", "success"] == histogram.sum
        assert snapshot.values[0] == histogram.count
        assert histogram.schema == schema


def test_what_is_recorded_after_the_drain_is_in_the_snapshot_or_not_as_a_whole() -> None:
    """A ring that fills between drain and snapshot is drained by its writer; the view of the snapshot includes it."""
    recorded = Recorded(native_schema=3)
    recorded.request(5)
    for _ in recorded.recorder.drain():
        pass
    for number in range(LAST_CAPACITY + 100):
        recorded.request(number)
    snapshot = recorded.table.snapshot(2000, 1000)
    requests = snapshot.values[0]
    assert snapshot.histograms[0].count == requests
    assert 1 < requests < LAST_CAPACITY + 101


def test_idle_histograms_keep_their_view() -> None:
    """Without new requests the next snapshot has the same object, so that encoders can reuse its bytes."""
    recorded = Recorded(native_schema=3)
    recorded.request(5)
    recorded.request(5, name="/b")
    before = recorded.snapshot().histograms
    recorded.request(5, name="/b")
    after = recorded.snapshot().histograms
    assert after[0] is before[0]
    assert after[1] is not before[1]


def test_classic_buckets_that_are_switched_on_later_have_all_since_the_start() -> None:
    """The fallback creates classic series of every histogram, including idle ones, with all counts."""
    recorded = Recorded(classic=False, native_schema=3)
    recorded.request(50)
    recorded.request(500)
    recorded.request(50, name="/idle")
    assert classic(recorded.snapshot()) == {}
    recorded.forms.classic = True
    recorded.request(5000)
    snapshot = recorded.snapshot()
    samples = classic(snapshot)
    assert [samples["_bucket", "/a", "success", le] for le in ("0.1", "1.0", "+Inf")] == [1, 2, 3]
    assert samples["_count", "/idle", "success"] == 1
    assert len(samples) == 2 * 5
    assert [histogram.count for histogram in snapshot.histograms] == [3, 1]
    assert classic(recorded.snapshot()) == samples


def test_an_endpoint_without_durations_has_no_histogram() -> None:
    """A request without a response time creates no series of durations in any form or after the fallback."""
    recorded = Recorded(classic=False, native_schema=3)
    recorded.recorder.on_request(request_type="GET", name="/a", response_time=None, response_length=1)
    recorded.forms.classic = True
    snapshot = recorded.snapshot()
    assert snapshot.histograms == []
    assert classic(snapshot) == {}


def pauses(native_schema: int | None) -> int:
    """Return how often a drain of many names with wide distributions yields."""
    recorded = Recorded(classic=False, native_schema=native_schema)
    for exponent in range(200):
        recorded.request(1.05**exponent, name=f"/{exponent % 10}")
    for _ in recorded.recorder.drain():
        pass
    for exponent in range(10_000):
        recorded.request(1.001**exponent, name=f"/{exponent % 10}")
    return sum(1 for _ in recorded.recorder.drain())


def test_making_views_counts_as_work() -> None:
    """A drain yields more often if it also updates native views, which takes time as well."""
    assert pauses(5) > pauses(None)
