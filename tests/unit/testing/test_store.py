import math

import pytest
import snappy

from locust_push.testing import Refused, Store
from locust_push.testing.store import exposition_samples
from locust_push.wire.generated.remote_write_v1_pb2 import Label, Sample, TimeSeries, WriteRequest

STALE = math.nan


def request(**series: list[tuple[int, float]]) -> bytes:
    """Return a body with samples, (time, value), of series by name."""
    written = [
        TimeSeries(
            labels=[Label(name="__name__", value=name), Label(name="a", value="b")],
            samples=[Sample(timestamp=timestamp, value=value) for timestamp, value in samples],
        )
        for name, samples in series.items()
    ]
    compressed: bytes = snappy.compress(WriteRequest(timeseries=written).SerializeToString())
    return compressed


def test_what_was_written_can_be_read_back() -> None:
    """Samples are returned by series, with all labels, oldest first."""
    store = Store()
    store.write(request(up=[(1, 0.0), (2, 1.0)], other=[(1, 5.0)]))
    store.write(request(up=[(3, 2.0)]))
    labels = (("__name__", "up"), ("a", "b"))
    assert [(s.timestamp_ms, s.value) for s in store.samples("up")[labels]] == [(1, 0.0), (2, 1.0), (3, 2.0)]
    assert store.series() == [labels, (("__name__", "other"), ("a", "b"))]
    assert store.series("up", {"a": "c"}) == []


def test_the_total_is_that_of_the_newest_values_without_stale_markers() -> None:
    """An ended counter counts with its last value."""
    store = Store()
    store.write(request(up=[(1, 7.0), (2, 9.0), (3, STALE)]))
    assert store.total("up") == 9
    assert store.total("down") == 0


@pytest.mark.parametrize(
    ("samples", "words"),
    [([(1, 9.0)], "out of order"), ([(2, 9.0)], "duplicate"), ([(1, 0.0), (2, 1.0)], "out of order")],
)
def test_a_request_with_a_sample_out_of_order_is_refused_whole(samples: list[tuple[int, float]], words: str) -> None:
    """A refused request is not stored at all, as in Prometheus."""
    store = Store()
    store.write(request(up=[(1, 0.0), (2, 1.0)]))
    with pytest.raises(Refused, match=words):
        store.write(request(fine=[(1, 1.0)], up=samples))
    assert store.series("fine") == []
    assert store.total("up") == 1


@pytest.mark.parametrize("value", [1.0, STALE])
def test_the_newest_sample_may_come_twice(value: float) -> None:
    """The same value at the same time is accepted, including a stale marker."""
    store = Store()
    store.write(request(up=[(2, value)]))
    store.write(request(up=[(2, value)]))
    assert len(store.samples("up")) == 1


@pytest.mark.parametrize("body", [b"", b"junk", snappy.compress(b"junk")])
def test_what_is_no_remote_write_request_is_refused(body: bytes) -> None:
    """Bodies that are not snappy, or not a request, are refused."""
    with pytest.raises(Refused, match="not a remote-write"):
        Store().write(body)


def test_groups_are_replaced_and_deleted() -> None:
    """A push replaces the previous one, and each group counts towards totals."""
    store = Store()
    store.push("/metrics/job/a", 'up{x="1"} 3\n')
    store.push("/metrics/job/a", 'up{x="1"} 4\nup{x="2"} 1\n')
    store.push("/metrics/job/b", "up 10\n")
    assert store.total("up") == 15
    assert store.total("up", {"x": "2"}) == 1
    store.delete("/metrics/job/b")
    assert list(store.groups()) == ["/metrics/job/a"]


def test_labels_of_an_exposition_are_unescaped() -> None:
    """Quotes, backslashes and line ends in label values are restored."""
    [sample] = exposition_samples('# HELP up Up.\nup{path="C:\\\\n\\"q\\"\\n",b="}"} +Inf\n')
    assert dict(sample.labels) == {"__name__": "up", "path": 'C:\\n"q"\n', "b": "}"}
    assert sample.value == math.inf
