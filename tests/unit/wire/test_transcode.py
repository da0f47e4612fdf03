import struct

import pytest
import snappy
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.decode import decode, described
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder
from locust_push.wire.remote_write.transcode import has_histograms, in_version, parted, split
from locust_push.wire.remote_write.version import Version, version_of
from tests.unit.wire.messages import Decoded, payloads_of, requests_v1, requests_v2, series_v1, series_v2
from tests.unit.wire.snapshots import COMMON, COUNTER, EXEMPLAR, GAUGE, NOW, SERIES, numbered, snapshot

V1, V2 = Version.V1, Version.V2
STALE = struct.pack("<Q", 0x7FF0000000000002)

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def encoded(of: Snapshot, version: Version) -> list[Payload]:
    """Return the requests with samples."""
    payloads = RemoteWriteEncoder(COMMON, version).encode(of)
    return [payload for payload in payloads_of(payloads) if payload.samples]


def series(payloads: list[Payload] | tuple[Payload, ...]) -> list[Decoded]:
    """Return the data that a receiver reads, for either version."""
    return [
        one for payload in payloads for one in (series_v1 if version_of(payload.body) is V1 else series_v2)([payload])
    ]


def as_v1(found: list[Decoded]) -> list[Decoded]:
    """Return a 2.0 request as its 1.0 equivalent."""
    return [
        Decoded(
            one.labels,
            [(at, value, 0) for at, value, _ in one.samples],
            one.exemplars,
            [str(h) for h in one.histograms],
        )
        for one in found
    ]


@given(
    st.lists(st.tuples(any_text, st.floats(allow_nan=False), st.booleans()), min_size=1, max_size=20),
    st.integers(0, 20),
    st.integers(0, 3),
)
def test_2_0_becomes_the_1_0_that_would_have_been_encoded(
    rows: list[tuple[str, float, bool]], known: int, native: int
) -> None:
    """Labels, samples, zeros, exemplars and native histograms are those of a 1.0 encoder, for any snapshot."""
    of = snapshot(
        [Series(COUNTER if number % 2 else GAUGE, (("name", text),)) for number, (text, _, _) in enumerate(rows)],
        [value for _, value, _ in rows],
        known=min(known, len(rows)),
        native=native,
        exemplars={
            n: Exemplar((("id", text),), value, NOW) for n, (text, value, sampled) in enumerate(rows) if sampled
        },
    )
    old, new = encoded(of, V1), encoded(of, V2)
    downgraded = [in_version(payload, V1) for payload in new]
    assert as_v1(series(downgraded)) == as_v1(series(old))
    assert [payload.samples for payload in downgraded] == [payload.samples for payload in old]


def test_1_0_becomes_2_0() -> None:
    """The same series with symbols; types and start timestamps are unknown."""
    of = snapshot(exemplars={0: EXEMPLAR}, native=1)
    upgraded = [in_version(payload, V2) for payload in encoded(of, V1)]
    assert as_v1(series(upgraded)) == as_v1(series(encoded(of, V1)))
    for request in requests_v2(upgraded):
        assert request.symbols[0] == ""
        assert len(request.symbols) == len(set(request.symbols))
    assert {one.metadata for one in series(upgraded)} == {(0, "", "")}


@pytest.mark.parametrize("version", Version)
def test_a_payload_of_the_version_is_itself(version: Version) -> None:
    """A request that already has the version is unchanged."""
    (payload,) = encoded(snapshot(), version)
    assert in_version(payload, version) is payload


@pytest.mark.parametrize("start", Version)
def test_stale_markers_keep_their_bits(start: Version) -> None:
    """Markers stay markers in the other version, also in halves, of numbers and of native histograms."""
    of = RemoteWriteEncoder(COMMON, start)
    payloads = [*of.stale(snapshot(known=4, native=2))]
    other = V2 if start is V1 else V1
    for found in ([in_version(one, other) for one in payloads], [half for one in payloads for half in split(one)]):
        raw = b"".join(snappy.uncompress(payload.body) for payload in found)
        assert raw.count(b"\x09" + STALE) == 4
        assert raw.count(b"\x19" + STALE) == 2


@pytest.mark.parametrize("version", Version)
@given(count=st.integers(2, 40), known=st.integers(0, 40))
def test_splitting_halves_a_request(version: Version, count: int, known: int) -> None:
    """The parts have the same series in the same order, half each, with the right number of samples."""
    of = snapshot(numbered(count, COUNTER), range(count), known=min(known, count), exemplars={0: EXEMPLAR})
    (whole,) = encoded(of, version)
    parts = split(whole)
    assert series(parts) == series([whole])
    assert [len(series([part])) for part in parts] == [count // 2, count - count // 2]
    assert [part.samples for part in parts] == [sum(len(one.samples) for one in series([part])) for part in parts]
    assert {part.timestamp_ms for part in parts} == {of.timestamp_ms}


def test_halves_hold_only_the_symbols_that_they_need() -> None:
    """A request with long names becomes smaller by being split, down to one series."""
    heavy = [Series(GAUGE, (("name", f"{number}" * 10_000),)) for number in range(8)]
    waiting = encoded(snapshot(heavy, [1.0] * 8), V2)
    while len(waiting) < 8:
        waiting = [half for payload in waiting for half in split(payload)]
    assert all(len(snappy.uncompress(payload.body)) < 11_000 for payload in waiting)
    assert [request.symbols[0] for request in requests_v2(waiting)] == [""] * 8


@pytest.mark.parametrize("version", Version)
def test_one_series_cannot_be_split(version: Version) -> None:
    """A request of one series is returned unchanged."""
    (whole,) = encoded(snapshot(numbered(1), [1.0]), version)
    assert split(whole) == (whole,)


BROKEN = [
    b"",
    b"no snappy at all",
    snappy.compress(b"\x0d\x01"),
    snappy.compress(b"\x22\x00\x2a\x04\x0a\x02\x07\x08"),
    snappy.compress(b"\x22\x05a"),
]


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    """A body that is not a write request is refused, or returned whole."""
    whole = Payload(body, 1, NOW)
    assert split(whole) == parted(whole, ()) == (whole,)
    assert not has_histograms(whole)
    with pytest.raises(ValueError, match=r"."):
        in_version(Payload(body, 1, NOW), V1 if version_of(body) is V2 else V2)
    with pytest.raises(ValueError, match=r"."):
        decode(body)


@pytest.mark.parametrize("version", Version)
def test_a_recorded_request_is_described(version: Version) -> None:
    """The number of samples and the newest time are read from a request of either version."""
    for payload in encoded(snapshot(native=2), version):
        assert described(payload.body) == payload
        assert described(payload.body).samples in {7, 4}


def test_a_recorded_request_of_2_0_is_read_as_1_0() -> None:
    """A recorded 2.0 request is decoded as the equivalent 1.0 message."""
    (payload,) = encoded(snapshot(), V2)
    assert [one.labels for one in decode(payload.body).timeseries] == [
        one.labels for one in requests_v1(encoded(snapshot(), V1))[0].timeseries
    ]
    assert len(decode(payload.body).timeseries) == len(SERIES)
