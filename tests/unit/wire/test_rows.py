"""The series of a (method, name) are encoded from a template, to the same bytes as one by one."""

import pytest
import snappy

from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.decode import decode
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version

LABELS = (
    ("job", "locust"),
    ("instance", "host:1"),
    ("run_id", "run"),
    ("model", "sorts between"),
    ("zone", "z"),
)
NAMES = ["/", "/items", "/ä", "x" * 200, "", "/items/{id}"]


def recorded(names: list[str]) -> Snapshot:
    """A snapshot of a request and a failure to each name."""
    table = SeriesTable()
    recorder = Recorder(table, forms=HistogramForms((0.1, 1.0)), max_names=100)
    for name in names:
        for error in (None, ValueError()):
            recorder.on_request(request_type="GET", name=name, response_time=20.0, response_length=3, exception=error)
    for _ in recorder.drain():
        pass
    return table.snapshot(1_800_000_005_000, 1_800_000_000_000)


def one_by_one(snapshot: Snapshot) -> Snapshot:
    """The same with series that belong to no block."""
    known = snapshot.known
    return Snapshot(snapshot.timestamp_ms, snapshot.previous_ms, [*snapshot.series], snapshot.values, known)


def decoded(payloads: list[Payload]) -> list[str]:
    """The series in them, with their samples."""
    return [str(series) for payload in payloads for series in decode(payload.body).timeseries]


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("max_samples", [2000, 7])
def test_a_template_gives_what_one_by_one_does(version: Version, max_samples: int) -> None:
    """Requests hold the same samples, with the zeros before them, also where a row is cut by the end of a request."""
    snapshot = recorded(NAMES)
    rows, single = (
        [each for each in encoder.encode(one) if isinstance(each, Payload)]
        for one in (snapshot, one_by_one(snapshot))
        for encoder in [RemoteWriteEncoder(LABELS, version, max_samples=max_samples)]
    )
    assert [each.samples for each in rows] == [each.samples for each in single]
    if version is Version.V1:
        assert [snappy.uncompress(each.body) for each in rows] == [snappy.uncompress(each.body) for each in single]
    assert decoded(rows) == decoded(single)
