"""Native histograms in write requests of both versions."""

import math
from collections.abc import Iterable

import pytest
import snappy
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.series import STALE_MARKER, Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.generated.remote_write_v1_pb2 import MetricMetadata, TimeSeries, WriteRequest
from locust_push.wire.generated.remote_write_v2_pb2 import Request
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.remote_write.encoder import MAX_REQUEST_BYTES, RemoteWriteEncoder
from locust_push.wire.remote_write.native_requests import MAX_HISTOGRAMS
from locust_push.wire.remote_write.transcode import has_histograms, in_version, split
from locust_push.wire.remote_write.version import Version
from tests.unit.wire.messages import payloads_of
from tests.unit.wire.native import NOW, native, numbered, official, snapshot

COMMON = (("run_id", "R"), ("job", "locust"))


def encoder_of(version: Version, per_request: int) -> RemoteWriteEncoder:
    """Return an encoder with a small limit of histograms per request."""
    return RemoteWriteEncoder(COMMON, version, max_bytes=math.ceil(per_request * MAX_REQUEST_BYTES / MAX_HISTOGRAMS))


versions = pytest.mark.parametrize("version", list(Version))


def requests(payloads: Iterable[Payload | Pause]) -> list[Payload]:
    """Return the requests with samples."""
    return [payload for payload in payloads_of(payloads) if payload.samples]


def timeseries(payloads: Iterable[Payload | Pause]) -> list[TimeSeries]:
    """Return the series of 1.0 requests."""
    bodies = [snappy.uncompress(payload.body) for payload in requests(payloads)]
    return [one for body in bodies for one in WriteRequest.FromString(body).timeseries]


def v2_request(payload: Payload) -> Request:
    return Request.FromString(snappy.uncompress(payload.body))


def v2_labels(request: Request) -> list[dict[str, str]]:
    texts = [[request.symbols[ref] for ref in one.labels_refs] for one in request.timeseries]
    return [dict(zip(one[::2], one[1::2], strict=True)) for one in texts]


def test_a_series_has_its_labels_and_histograms() -> None:
    """Labels are sorted; a new series has an empty histogram an interval before its first one."""
    (one,) = timeseries(RemoteWriteEncoder(COMMON).encode(snapshot(native(0.5))))
    assert [(label.name, label.value) for label in one.labels] == [
        ("__name__", "duration_seconds"),
        ("job", "locust"),
        ("number", "0"),
        ("run_id", "R"),
    ]
    assert list(one.histograms) == [official(native(), NOW - 5000), official(native(0.5), NOW)]
    assert not one.samples


def test_2_0_has_labels_metadata_and_start_timestamps() -> None:
    """Labels are references, type, help and unit are included, and every histogram has its start."""
    encoder = RemoteWriteEncoder(COMMON, Version.V2, start_ms=NOW - 60_000)
    (payload,) = requests(encoder.encode(snapshot(native(0.5), native(0.7))))
    request = v2_request(payload)
    assert v2_labels(request) == [
        {"__name__": "duration_seconds", **dict(COMMON), "number": number} for number in ("0", "1")
    ]
    for one in request.timeseries:
        assert [message.start_timestamp for message in one.histograms] == [NOW - 60_000] * 2
        assert request.symbols[one.metadata.help_ref] == "Durations."
        assert request.symbols[one.metadata.unit_ref] == "seconds"
        assert one.metadata.type == one.metadata.METRIC_TYPE_HISTOGRAM
        assert not one.samples


@versions
@given(
    growth=st.lists(st.lists(st.floats(0.0001, 100.0), max_size=4), min_size=1, max_size=6),
    per_request=st.integers(1, 3),
)
def test_a_growing_table_is_encoded_whole(version: Version, growth: list[list[float]], per_request: int) -> None:
    """Over many ticks every histogram is in its tick, new ones with a zero, and no request exceeds the limit."""
    encoder = encoder_of(version, per_request)
    histograms: list[object] = []
    for tick, new in enumerate(growth):
        known = len(histograms)
        histograms += [native(value) for value in new]
        of = snapshot(*histograms, known=known, timestamp_ms=NOW + tick * 5000)  # type: ignore[arg-type]  # grown above
        sent = [in_version(payload, Version.V1) for payload in requests(encoder.encode(of))]
        series = timeseries(sent)
        assert [one.histograms[-1] for one in series] == [official(one, of.timestamp_ms) for one in of.histograms]
        assert [len(one.histograms) for one in series] == [1] * known + [2] * len(new)
        assert [payload.samples for payload in sent] == [
            sum(len(one.histograms) for one in timeseries([payload])) for payload in sent
        ]
        assert all(len(timeseries([payload])) <= per_request for payload in sent)


@versions
def test_numbers_and_histograms_are_in_requests_of_their_own(version: Version) -> None:
    """If a receiver refuses a request with histograms, other requests are not affected."""
    counter = Series(Metric("requests_total", MetricType.COUNTER, "Requests."))
    of = Snapshot(NOW, NOW - 1, [counter], [3.0], 0, histogram_series=numbered(1), histograms=[native(0.5)])
    sent = requests(RemoteWriteEncoder(COMMON, version).encode(of))
    assert [has_histograms(payload) for payload in sent] == [False, True]
    assert [payload.samples for payload in sent] == [2, 2]


def test_the_metadata_of_1_0_has_the_family() -> None:
    """Families with only native histograms have metadata as well."""
    *_, last = payloads_of(RemoteWriteEncoder(COMMON).encode(snapshot(native(0.5))))
    (metadata,) = WriteRequest.FromString(snappy.uncompress(last.body)).metadata
    assert (metadata.metric_family_name, metadata.type) == ("duration_seconds", MetricMetadata.HISTOGRAM)


@versions
def test_every_series_ends_with_a_stale_marker(version: Version) -> None:
    """Markers are a millisecond after the last snapshot, in requests like those before."""
    encoder = encoder_of(version, 2)
    of = snapshot(native(0.5), native(0.6), native(0.7))
    sent = requests(encoder.encode(of))
    ended = [*encoder.stale(of)]
    assert [payload.samples for payload in ended] == [2, 1]
    assert {payload.timestamp_ms for payload in ended} == {NOW + 1}
    raw = b"".join(snappy.uncompress(payload.body) for payload in ended)
    assert raw.count(b"\x19" + STALE_MARKER) == 3
    first, last = (timeseries(in_version(one, Version.V1) for one in payloads) for payloads in (sent, ended))
    assert [list(one.labels) for one in last] == [list(one.labels) for one in first]
    assert [[message.timestamp for message in one.histograms] for one in last] == [[NOW + 1]] * 3


@versions
def test_an_encoder_without_native_histograms_leaves_them_out(version: Version) -> None:
    """Without native histograms neither a tick nor the end has any, while numbers continue."""
    encoder = RemoteWriteEncoder(COMMON, version, native=False)
    of = snapshot(native(0.5))
    assert requests(encoder.encode(of)) == []
    assert list(encoder.stale(of)) == []


@versions
def test_a_request_is_bounded(version: Version) -> None:
    """The maximum of histograms, each with all possible buckets, is below a mebibyte."""
    everything = native(*(2 ** (index / 32) for index in range(-640, 385)), schema=5)
    sent = requests(RemoteWriteEncoder(COMMON, version).encode(snapshot(*[everything] * (MAX_HISTOGRAMS + 1))))
    assert len(sent) == 2
    assert all(len(snappy.uncompress(payload.body)) < 2**20 for payload in sent)


def test_an_idle_histogram_is_encoded_once() -> None:
    """While a snapshot has the same object, its bytes are reused, except for the time."""
    encoder, idle = RemoteWriteEncoder(COMMON), native(0.5)
    list(encoder.encode(snapshot(idle)))
    (one,) = timeseries(encoder.encode(snapshot(idle, known=1, timestamp_ms=NOW + 5000)))
    assert list(one.histograms) == [official(idle, NOW + 5000)]
    (one,) = timeseries(encoder.encode(snapshot(native(0.5, 0.6), known=1, timestamp_ms=NOW + 10_000)))
    assert list(one.histograms) == [official(native(0.5, 0.6), NOW + 10_000)]


@versions
def test_a_request_can_be_halved(version: Version) -> None:
    """A request that is too large is split in two, without loss."""
    encoder = RemoteWriteEncoder(COMMON, version)
    (payload,) = requests(encoder.encode(snapshot(native(0.5), native(0.6), known=2)))
    halves = split(payload)
    assert [half.samples for half in halves] == [1, 1]
    whole, parts = (timeseries(in_version(one, Version.V1) for one in payloads) for payloads in ([payload], halves))
    assert whole == parts
