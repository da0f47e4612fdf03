import pytest
import snappy
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.series import Series
from locust_push.wire.generated.remote_write_v1_pb2 import Label, MetricMetadata, TimeSeries, WriteRequest
from locust_push.wire.generated.remote_write_v2_pb2 import Request
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version, version_of
from tests.unit.wire.messages import payloads_of
from tests.unit.wire.snapshots import GAUGE, snapshot


@pytest.mark.parametrize("version", Version)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=100_000), count=st.integers(1, 40))
def test_every_request_tells_its_version(version: Version, text: str, count: int) -> None:
    """The version is detected for any request and compression, including metadata."""
    series = [Series(GAUGE, (("name", f"{text}{number}"),)) for number in range(count)]
    of = RemoteWriteEncoder((), version)
    found = snapshot(series, [1.0] * count)
    assert {version_of(payload.body) for payload in payloads_of((*of.encode(found), *of.stale(found)))} == {version}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_requests_of_others_tell_theirs(text: str) -> None:
    """The version is detected for requests of the official encoder as well."""
    old = WriteRequest(timeseries=[TimeSeries(labels=[Label(name="a", value=text)])])
    metadata = WriteRequest(metadata=[MetricMetadata(metric_family_name="a", help=text)])
    new = Request(symbols=["", text])
    found = [version_of(snappy.compress(message.SerializeToString())) for message in (old, metadata, new)]
    assert found == [Version.V1, Version.V1, Version.V2]


@given(st.binary(max_size=30))
def test_what_cannot_be_read_is_1_0(body: bytes) -> None:
    """Nothing is raised: only a body that begins like a 2.0 request is one."""
    if version_of(body) is Version.V2:
        assert b"\x22" in body


@pytest.mark.parametrize("body", [b"", b"\x80", b"\x05", b"\x05\x01", b"\x05\xf0", b"\x05\xfc\x01\x00"])
def test_what_is_cut_off_is_1_0(body: bytes) -> None:
    """A body may end before its first element."""
    assert version_of(body) is Version.V1
