import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
import snappy
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.series import Labels, Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.generated.remote_write_v1_pb2 import Label, Sample, TimeSeries, WriteRequest
from locust_push.wire.payload import Pause, Payload
from locust_push.wire.protobuf import delimited
from locust_push.wire.remote_write.decode import decode
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder
from locust_push.wire.remote_write.v1 import HEADERS
from locust_push.wire.remote_write.v2 import Symbols
from locust_push.wire.remote_write.version import Version
from tests.unit.wire.messages import payloads_of

COUNTER = Metric("requests_total", MetricType.COUNTER, "Requests.")
GAUGE = Metric("users", MetricType.GAUGE, "Users.")
HISTOGRAM = Metric("duration_seconds", MetricType.HISTOGRAM, "Durations.", "seconds")
COMMON = (("run_id", "r"), ("job", "locust"), ("instance", "host:1"))

NOW = 1_800_000_000_000
STALE = b"\x02\x00\x00\x00\x00\x00\xf0\x7f"

any_text = st.text(st.characters(exclude_categories=["Cs"]))
any_value = st.one_of(st.floats(), st.integers(0, 2**60))


def snapshot(series: list[Series], values: Iterable[float], known: int = 0, timestamp_ms: int = NOW) -> Snapshot:
    return Snapshot(timestamp_ms, timestamp_ms - 1, series, list(values), known)


def requests(payloads: Iterable[Payload | Pause]) -> list[Payload]:
    """Return the requests with samples."""
    return [payload for payload in payloads_of(payloads) if payload.samples]


def messages(payloads: Iterable[Payload | Pause]) -> list[WriteRequest]:
    """Return the decoded requests."""
    return [WriteRequest.FromString(snappy.uncompress(payload.body)) for payload in requests(payloads)]


def timeseries(payloads: Iterable[Payload | Pause]) -> list[TimeSeries]:
    return [one for message in messages(payloads) for one in message.timeseries]


def samples(one: TimeSeries) -> list[tuple[int, float]]:
    return [(sample.timestamp, sample.value) for sample in one.samples]


def numbered(count: int, metric: Metric = GAUGE) -> list[Series]:
    return [Series(metric, (("number", str(number)),)) for number in range(count)]


def naive_labels(series: Series, common: Labels) -> Iterator[Label]:
    """Return the series built with the official classes."""
    for name, value in sorted({"__name__": series.name, **dict(common), **dict(series.labels)}.items()):
        if value:
            yield Label(name=name, value=value)


def naive(of: Snapshot, common: Labels) -> WriteRequest:
    """Return one message of everything, built with the official classes."""
    request = WriteRequest()
    for index, value in enumerate(of.values):
        one = request.timeseries.add(labels=naive_labels(of.series[index], common))
        if index >= of.known and of.series[index].metric.type.cumulative:
            one.samples.add(value=0.0, timestamp=of.previous_ms)
        one.samples.add(value=value, timestamp=of.timestamp_ms)
    return request


@given(
    st.lists(st.tuples(any_text, any_text, any_value), min_size=1, max_size=20),
    st.integers(min_value=1, max_value=2**62),
)
def test_the_official_decoder_reads_what_went_in(rows: list[tuple[str, str, float]], timestamp_ms: int) -> None:
    """Any labels, values (including NaN and infinities) and timestamps are restored, labels sorted, none empty."""
    series = [Series(COUNTER, (("name", name), ("error", error))) for name, error, _ in rows]
    of = snapshot(series, [value for _, _, value in rows], known=len(rows), timestamp_ms=timestamp_ms)
    decoded = timeseries(RemoteWriteEncoder(COMMON).encode(of))
    for one, (name, error, value) in zip(decoded, rows, strict=True):
        names = [label.name for label in one.labels]
        assert names == sorted(names)
        assert {label.name: label.value for label in one.labels} == {
            "__name__": "requests_total",
            **dict(COMMON),
            **{key: text for key, text in (("name", name), ("error", error)) if text},
        }
        assert [(sample.timestamp, repr(sample.value)) for sample in one.samples] == [
            (timestamp_ms, repr(float(value)))
        ]


# Not 0, which the official encoder leaves out and we write; the test above has it.
nonzero = st.floats(allow_nan=False).filter(bool)


@given(st.lists(st.lists(nonzero, max_size=8), min_size=1, max_size=8), st.integers(min_value=1, max_value=5))
def test_a_growing_table_is_encoded_as_the_official_classes_do(growth: list[list[float]], max_samples: int) -> None:
    """Over many ticks of a growing table all bytes equal those of an encoder that builds every message anew."""
    encoder, series = RemoteWriteEncoder(COMMON, max_samples=max_samples), list[Series]()
    for tick, values in enumerate(growth):
        known = len(series)
        series += [Series(GAUGE, (("tick", str(tick)), ("new", str(new)))) for new in range(len(values))]
        now = snapshot(list(series), (values * len(series))[: len(series)] or [1.5] * len(series), known, NOW + tick)
        ours = [snappy.uncompress(payload.body) for payload in requests(encoder.encode(now))]
        assert b"".join(ours) == naive(now, COMMON).SerializeToString(deterministic=True)
        assert all(len(WriteRequest.FromString(body).timeseries) <= max_samples for body in ours)


@given(st.lists(st.lists(st.sampled_from([COUNTER, GAUGE, HISTOGRAM]), max_size=8), min_size=1, max_size=6))
def test_a_zero_precedes_what_is_new_and_cumulative(growth: list[list[Metric]]) -> None:
    """The first sample of a cumulative series follows a 0 at the previous tick, once; gauges have none."""
    encoder, series = RemoteWriteEncoder(COMMON, max_samples=3), list[Series]()
    for tick, metrics in enumerate(growth):
        known = len(series)
        series += [Series(metric, (("number", str(known + new)),)) for new, metric in enumerate(metrics)]
        now = snapshot(list(series), range(1, len(series) + 1), known, NOW + 10 * tick)
        payloads = requests(encoder.encode(now))
        assert timeseries(payloads) == list(naive(now, COMMON).timeseries)
        assert sum(payload.samples for payload in payloads) == sum(len(one.samples) for one in timeseries(payloads))


# Every length that a timestamp can have, and the steps between two of them.
BOUNDARIES = [1, *(2 ** (7 * size) + step for size in range(1, 9) for step in (-2, -1, 0))]


@pytest.mark.parametrize("timestamp_ms", BOUNDARIES)
def test_timestamps_may_have_any_length(timestamp_ms: int) -> None:
    """Ticks and staleness markers are right when a timestamp becomes a byte longer than the previous one."""
    series, encoder = numbered(5, COUNTER), RemoteWriteEncoder(COMMON, max_samples=2)
    for tick in range(4):
        of = snapshot(
            series[: tick + 2], [7.0] * (tick + 2), known=tick + 1 if tick else 0, timestamp_ms=timestamp_ms + tick
        )
        assert timeseries(encoder.encode(of)) == list(naive(of, COMMON).timeseries)
    stale = timeseries(encoder.stale(of))
    assert [sample.timestamp for one in stale for sample in one.samples] == [timestamp_ms + 4] * 5


@pytest.mark.parametrize("size", range(1, 9))
def test_markers_whose_timestamp_is_longer_than_the_last_one_are_right(size: int) -> None:
    """Staleness markers, a millisecond later, may have longer timestamps than all samples before."""
    series, encoder = numbered(5, COUNTER), RemoteWriteEncoder(COMMON, max_samples=2)
    of = snapshot(series, [7.0] * 5, timestamp_ms=2 ** (7 * size) - 1)
    list(encoder.encode(of))
    stale = timeseries(encoder.stale(of))
    assert [sample.timestamp for one in stale for sample in one.samples] == [2 ** (7 * size)] * 5


def test_staleness_markers_have_exactly_their_bits() -> None:
    """Every series of the last snapshot ends with the stale NaN, a millisecond later."""
    series = [*numbered(3), *numbered(2, COUNTER)]
    encoder = RemoteWriteEncoder(COMMON, max_samples=2)
    of = snapshot(series, range(5))
    sent = timeseries(encoder.encode(of))
    payloads = list(encoder.stale(of))
    stale = timeseries(payloads)
    assert [list(one.labels) for one in stale] == [list(one.labels) for one in sent]
    assert [(len(one.samples), one.samples[0].timestamp) for one in stale] == [(1, NOW + 1)] * 5
    # The raw bytes, since a float need not keep which NaN it is.
    raw = b"".join(snappy.uncompress(payload.body) for payload in payloads)
    assert raw.count(b"\x09" + STALE + b"\x10") == 5
    assert struct.unpack("<Q", STALE) == (0x7FF0000000000002,)
    assert [(payload.samples, payload.timestamp_ms) for payload in payloads] == [
        (2, NOW + 1),
        (2, NOW + 1),
        (1, NOW + 1),
    ]


def test_the_end_of_a_run_repeats_only_the_requests_with_something_new() -> None:
    """Additions of the last snapshot are in the request of their series, then a staleness marker for each series."""
    series, encoder = numbered(5), RemoteWriteEncoder(COMMON, max_samples=2)
    list(encoder.encode(snapshot(series[:4], range(4))))
    ended = timeseries(encoder.end(snapshot(series, range(5), known=4, timestamp_ms=NOW + 10)))
    assert [(one.samples[0].timestamp - NOW, one.samples[0].value) for one in ended[:1]] == [(10, 4.0)]
    assert [one.samples[0].timestamp - NOW for one in ended[1:]] == [11] * 5


def test_an_ordinary_nan_is_no_staleness_marker() -> None:
    """A value that is not a number is sent as such and does not end its series."""
    (payload,) = requests(RemoteWriteEncoder(()).encode(snapshot(numbered(1), [math.nan])))
    assert STALE not in snappy.uncompress(payload.body)
    assert math.isnan(timeseries([payload])[0].samples[0].value)


def test_a_table_that_only_stood_still_is_still_sent() -> None:
    """Every series is in every tick, changed or not, in the same chunk."""
    encoder, series = RemoteWriteEncoder(COMMON, max_samples=2), numbered(5)
    for tick in range(3):
        decoded = messages(encoder.encode(snapshot(series, [1.5] * 5, known=5 if tick else 0, timestamp_ms=NOW + tick)))
        assert [len(message.timeseries) for message in decoded] == [2, 2, 1]
        assert {samples(one)[0] for message in decoded for one in message.timeseries} == {(NOW + tick, 1.5)}


def test_a_request_holds_at_most_two_thousand_series() -> None:
    """The limit per request is that of Prometheus' own sender."""
    payloads = requests(RemoteWriteEncoder(COMMON).encode(snapshot(numbered(4001), range(4001), known=4001)))
    assert [payload.samples for payload in payloads] == [2000, 2000, 1]


def test_a_request_holds_about_a_mebibyte() -> None:
    """Series with long labels make smaller requests, zeros before new series included."""
    series = [Series(COUNTER, (("name", f"{number:04}" + "é" * 1000),)) for number in range(1500)]
    payloads = requests(RemoteWriteEncoder(COMMON).encode(snapshot(series, range(1500))))
    sizes = [len(snappy.uncompress(payload.body)) for payload in payloads]
    assert len(timeseries(payloads)) == 1500
    assert max(sizes) < 1.05 * 2**20
    assert min(sizes[:-1]) > 0.95 * 2**20


def test_work_is_done_as_it_is_asked_for() -> None:
    """Labels of new series are encoded only when their request is requested, so that others can run."""
    encoder = RemoteWriteEncoder(COMMON, max_samples=10)
    payloads = encoder.encode(snapshot(numbered(100), range(100)))
    assert repr(encoder) == "<RemoteWriteEncoder 1.0: 0 series in 0 chunks>"
    next(payloads)
    assert repr(encoder) == "<RemoteWriteEncoder 1.0: 10 series in 1 chunks>"
    assert len(requests(payloads)) == 10
    assert repr(encoder) == "<RemoteWriteEncoder 1.0: 100 series in 10 chunks>"


def test_many_new_series_are_not_learned_in_one_go() -> None:
    """Between two pauses a bounded number of new series is encoded; later ticks give only payloads."""
    encoder, series = RemoteWriteEncoder(COMMON), numbered(5000, COUNTER)
    steps = encoder.encode(snapshot(series, range(5000)))
    sizes = [0, *(int(repr(encoder).split()[2]) for _ in steps)]
    assert max(after - before for before, after in pairwise(sizes)) <= 500
    assert None not in list(encoder.encode(snapshot(series, range(5000), known=5000, timestamp_ms=NOW + 1)))


def test_an_encoding_that_was_abandoned_is_made_good() -> None:
    """If a tick was not encoded completely, the next one has every series nevertheless."""
    encoder, series = RemoteWriteEncoder(COMMON, max_samples=2), numbered(7, COUNTER)
    next(encoder.encode(snapshot(series, range(7))))
    decoded = timeseries(encoder.encode(snapshot(series, range(7), known=7, timestamp_ms=NOW + 5)))
    assert [samples(one)[-1] for one in decoded] == [(NOW + 5, float(number)) for number in range(7)]


def test_series_that_join_after_the_snapshot_are_left_out() -> None:
    """A table may grow before its snapshot is encoded; only series with a value are encoded."""
    encoder = RemoteWriteEncoder(())
    assert len(timeseries(encoder.encode(snapshot(numbered(3), [1, 2])))) == 2
    assert len(timeseries(encoder.encode(snapshot(numbered(3), [1, 2, 3], known=2)))) == 3


def test_an_empty_snapshot_makes_no_request() -> None:
    """Without series nothing is sent, nor at the end."""
    encoder = RemoteWriteEncoder(COMMON)
    assert list(encoder.encode(snapshot([], []))) == list(encoder.stale(snapshot([], []))) == []


def test_the_headers_are_those_of_the_specification() -> None:
    """The headers have type, compression and version of the protocol, which receivers check."""
    assert dict(HEADERS) == {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }


def test_the_official_classes_know_the_numbers_of_the_specification() -> None:
    """Field numbers equal those of Prometheus' own messages, independent of our .proto file."""
    sample = Sample(value=1.0, timestamp=3)
    one = TimeSeries(labels=[Label(name="a", value="b")], samples=[sample])
    assert WriteRequest(timeseries=[one]).SerializeToString() == bytes.fromhex(
        "0a150a060a0161120162120b09000000000000f03f1003"
    )


def sizes(encoder: RemoteWriteEncoder, of: Snapshot) -> list[int]:
    """Return the bytes of each request before compression."""
    return [len(snappy.uncompress(payload.body)) for payload in requests(encoder.encode(of))]


@pytest.mark.parametrize("version", Version)
def test_an_encoder_for_smaller_requests(version: Version) -> None:
    """The same series are in more requests, each about half as large as the one that was too large."""
    of = snapshot(numbered(500), range(500), known=500)
    encoder = RemoteWriteEncoder(COMMON, version)
    (whole,) = requests(encoder.encode(of))
    size = len(snappy.uncompress(whole.body))
    smaller = encoder.in_form(version, size // 2, native=True)
    assert smaller.version is version
    assert len(sizes(smaller, of)) in {2, 3}  # a symbol table for each
    assert max(sizes(smaller, of)) <= size // 2 + size // 500 + 30


def test_an_encoder_of_that_form_stays() -> None:
    """Only another form creates a new encoder."""
    encoder = RemoteWriteEncoder(COMMON, max_bytes=1000)
    assert encoder.in_form(Version.V1, 1000, native=True) is encoder
    assert encoder.in_form(Version.V2, 1000, native=True) is not encoder


def test_heavy_series_do_not_make_all_requests_tiny() -> None:
    """If a few series with long labels were too large, the many small ones still share requests."""
    heavy = [Series(GAUGE, (("name", f"{number}" * 20_000),)) for number in range(4)]
    encoder = RemoteWriteEncoder(COMMON)
    (whole,) = requests(encoder.encode(snapshot(heavy, range(4))))
    smaller = encoder.in_form(Version.V1, len(snappy.uncompress(whole.body)) // 2, native=True)
    assert len(sizes(smaller, snapshot(numbered(300), range(300)))) == 1


@pytest.mark.parametrize("version", Version)
def test_what_has_ended_is_left_out(version: Version) -> None:
    """A series without a value is left out, another one keeps its position, and it gets no second marker."""
    encoder = RemoteWriteEncoder(COMMON, version, max_samples=2)
    series = [Series(GAUGE, (("number", f"{number:05}"),)) for number in range(4)]
    known = snapshot(series, [1, 2, 3, 4], known=4)
    whole = [payload.samples for payload in requests(encoder.encode(known)) if payload.samples]
    left = [*requests(encoder.encode(replace(known, ended=frozenset({1, 2, 3}), absent=frozenset({1, 2}))))]
    ends = [*encoder.stale(replace(known, ended=frozenset({1, 2, 3}), absent=frozenset({1, 2})))]
    gone = [*requests(encoder.encode(replace(known, ended=frozenset({0, 1}), absent=frozenset({0, 1}))))]
    assert whole == [2, 2]
    assert [numbers_of(payload) for payload in left if payload.samples] == [["00000"], ["00003"]]
    assert [(payload.samples, numbers_of(payload)) for payload in ends] == [(1, ["00000"])]
    assert [numbers_of(payload) for payload in gone if payload.samples] == [["00002", "00003"]]


def numbers_of(payload: Payload) -> list[str]:
    """Return the label ``number`` of each series in a request."""
    return [label.value for one in decode(payload.body).timeseries for label in one.labels if label.name == "number"]


def test_a_text_that_cannot_be_written_leaves_the_symbols_as_they_are() -> None:
    """A symbol is added after it is encoded, so that the references of later series are right."""
    symbols = Symbols()
    for entered in (symbols.ref, symbols.passing_ref):
        with pytest.raises(UnicodeEncodeError):
            entered("\udcff")
    assert (symbols.ref("a"), symbols.passing_ref("b")) == (1, 2)
    assert symbols.take() == b"".join(delimited(4, text) for text in (b"", b"a", b"b"))
