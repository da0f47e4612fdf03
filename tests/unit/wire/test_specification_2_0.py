"""The Prometheus Remote-Write 2.0 specification (2.0-rc.4): requirements on a sender's messages, clause by clause.

Each test names its section. What it asks of a sender's behaviour (headers, retries, fallback) is in
tests/unit/outputs/test_negotiation.py and tests/unit/delivery; test_compliance_cases.py lists all cases.
"""

import re
import struct
from dataclasses import replace
from typing import Any

import pytest
import snappy
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core import metrics
from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Metric, MetricType, Series
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from locust_push.wire.generated.remote_write_v2_pb2 import Request
from locust_push.wire.protobuf import fields
from locust_push.wire.remote_write.encoder import HEADERS, RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version
from tests.unit.wire.messages import Decoded, payloads_of, requests_v2, resolved, series_v2
from tests.unit.wire.snapshots import (
    BEFORE,
    COMMON,
    COUNTER,
    EXEMPLAR,
    GAUGE,
    HISTOGRAM,
    NATIVE,
    NOW,
    SERIES,
    numbered,
    snapshot,
)

any_text = st.text(st.characters(exclude_categories=["Cs"]))
STALE = 0x7FF0000000000002


def encoder(**options: Any) -> RemoteWriteEncoder:
    return RemoteWriteEncoder(COMMON, Version.V2, **options)


def everything() -> Request:
    """Return the only request of a snapshot with an exemplar."""
    (request,) = requests_v2(encoder().encode(snapshot(exemplars={0: EXEMPLAR})))
    return request


def by_name(decoded: list[Decoded]) -> dict[str, Decoded]:
    return {one.name: one for one in decoded}


# Protocol


def test_protocol_compression_is_snappys_block_format() -> None:
    """MUST be the block format, MUST NOT be the framed one, which opens with a stream identifier."""
    (payload,) = payloads_of(encoder().encode(snapshot()))
    assert Request.FromString(snappy.uncompress(payload.body)).timeseries
    assert not payload.body.startswith(b"\xff\x06\x00\x00sNaPpY")


def test_protocol_reserved_headers() -> None:
    """Content-Type, Content-Encoding and version MUST be sent, with the values for 2.0; User-Agent is delivery's."""
    assert dict(HEADERS[Version.V2]) == {
        "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "2.0.0",
    }


def test_content_type_a_receiver_that_ignores_it_reads_an_empty_message() -> None:
    """Fields 1 to 3 are reserved: read as a 1.0 request, a 2.0 one has neither series nor metadata."""
    (payload,) = payloads_of(encoder().encode(snapshot(exemplars={0: EXEMPLAR})))
    body = snappy.uncompress(payload.body)
    mistaken = WriteRequest.FromString(body)
    assert not mistaken.timeseries
    assert not mistaken.metadata
    assert {field.number for field in fields(body)} == {4, 5}


def test_partial_write_many_series_share_a_request() -> None:
    """A request SHOULD carry samples of multiple series: 2,000 of them at most."""
    found = requests_v2(encoder().encode(snapshot(numbered(4001), [1.0] * 4001, known=4001)))
    assert [len(request.timeseries) for request in found] == [2000, 2000, 1]


# io.prometheus.write.v2.Request


def test_request_timestamps_are_milliseconds_and_values_doubles() -> None:
    """Timestamps MUST be int64 milliseconds since the epoch, values MUST be float64."""
    found = by_name(series_v2(encoder().encode(snapshot(known=4, values=[1 / 3, -0.0, 5e-324, 1.7e308]))))
    assert {one.samples[0][0] for one in found.values()} == {NOW}
    assert [struct.pack("<d", one.samples[0][1]) for one in found.values()] == [
        struct.pack("<d", value) for value in (1 / 3, -0.0, 5e-324, 1.7e308)
    ]


@pytest.mark.parametrize("value", [0.0, 42, -15.5, float("inf"), float("-inf"), 1.23e-4, 2**53 + 2])
def test_request_every_value_comes_back(value: float) -> None:
    """Zero, integers, negative numbers, infinities and small ones are sent unchanged."""
    (one,) = series_v2(encoder().encode(snapshot([Series(GAUGE)], [value])))
    assert one.samples == [(NOW, value, 0)]


def test_request_labels_refs_are_provided() -> None:
    """``labels_refs`` MUST be provided: names and values in turn, for every series."""
    request = everything()
    assert request.timeseries
    assert all(one.labels_refs and not len(one.labels_refs) % 2 for one in request.timeseries)


def test_request_a_series_has_samples_or_histograms() -> None:
    """At least one of them MUST be provided, and MUST NOT be both in one TimeSeries."""
    found = series_v2(encoder().encode(snapshot(native=2)))
    assert len(found) == 6
    assert all(bool(one.samples) != bool(one.histograms) for one in found)


def test_request_exemplars_are_provided_where_they_exist() -> None:
    """Exemplars SHOULD be provided if they exist for a series; once, with the sample that they came with."""
    of = encoder()
    first = series_v2(of.encode(snapshot(exemplars={0: EXEMPLAR})))
    assert [one.exemplars for one in first] == [[(tuple(sorted(EXEMPLAR.labels)), 0.42, NOW - 17)], [], [], []]
    assert first[0].samples == [(BEFORE, 0.0, BEFORE), (NOW, 3.0, BEFORE)]
    second = requests_v2(of.encode(snapshot(known=4, timestamp_ms=NOW + 1)))
    assert not any(one.exemplars for request in second for one in request.timeseries)
    assert "trace_id" not in second[0].symbols


# Symbols


def test_symbols_open_with_the_empty_string() -> None:
    """The first symbol MUST be the empty string, for what is not specified."""
    assert everything().symbols[0] == ""


def test_symbols_are_deduplicated() -> None:
    """The table MUST contain deduplicated strings, exemplars and metadata included, and holds no others."""
    request = everything()
    assert len(request.symbols) == len(set(request.symbols))
    used = {0}
    for one in request.timeseries:
        used |= {*one.labels_refs, one.metadata.help_ref, one.metadata.unit_ref}
        used |= {ref for exemplar in one.exemplars for ref in exemplar.labels_refs}
    assert used == set(range(len(request.symbols)))


@given(st.lists(st.tuples(any_text, any_text, st.booleans()), min_size=1, max_size=30), st.integers(1, 10))
def test_symbols_references_point_into_the_table(rows: list[tuple[str, str, bool]], max_samples: int) -> None:
    """Whatever the texts, over two ticks and several requests, every reference MUST point to the text it stands for."""
    series = [Series(COUNTER, (("name", name), ("error", error))) for name, error, _ in rows]
    exemplars = {
        index: Exemplar((("trace_id", f"{name}{index}"),), 1.0, NOW)
        for index, (name, _, sampled) in enumerate(rows)
        if sampled
    }
    of = encoder(max_samples=max_samples)
    for tick in range(2):
        now = snapshot(series, [1.0] * len(rows), known=tick * len(rows), timestamp_ms=NOW + tick, exemplars=exemplars)
        found = series_v2(of.encode(now))
        for index, (one, (name, error, sampled)) in enumerate(zip(found, rows, strict=True)):
            texts = {"__name__": "requests_total", **dict(COMMON), "name": name, "error": error}
            assert dict(one.labels) == {key: text for key, text in texts.items() if text}
            assert [exemplar[0] for exemplar in one.exemplars] == [(("trace_id", f"{name}{index}"),)] * sampled
            assert one.metadata == (1, "Requests made.", "")


def test_symbols_that_only_an_exemplar_needs_do_not_pile_up() -> None:
    """New trace IDs are not in the table of later requests, and do not change references of new series."""
    of, series = encoder(), [*numbered(3, COUNTER)]
    for tick in range(5):
        series = [*series, Series(GAUGE, (("tick", str(tick)),))]
        exemplar = Exemplar((("trace_id", f"trace {tick}"),), 1.0, NOW)
        now = snapshot(
            series, [1.0] * len(series), known=len(series) - 1, timestamp_ms=NOW + tick, exemplars={1: exemplar}
        )
        (request,) = requests_v2(of.encode(now))
        assert [text for text in request.symbols if text.startswith("trace ")] == [f"trace {tick}"]
        assert len(request.symbols) == len(set(request.symbols))
        assert ("tick", str(tick)) in resolved(request.timeseries[-1].labels_refs, request.symbols)


# Series Labels


def test_series_labels_are_complete_in_every_request() -> None:
    """The complete set of labels MUST be sent with each sample, in later ticks too, ``__name__`` among them."""
    of = encoder()
    for tick in range(3):
        found = series_v2(of.encode(snapshot(known=4 * bool(tick), timestamp_ms=NOW + tick)))
        assert [dict(one.labels) for one in found] == [
            {"__name__": series.name, **dict(COMMON), **dict(series.labels)} for series in SERIES
        ]


def test_series_labels_are_sorted_and_neither_repeated_nor_empty() -> None:
    """Names MUST be sorted and MUST NOT be repeated; names and values MUST NOT be empty."""
    series = [Series(COUNTER, (("zebra", "z"), ("Upper", "u"), ("_under", "_"), ("empty", "")))]
    (one,) = series_v2(encoder().encode(snapshot(series, [1.0])))
    names = [name for name, _ in one.labels]
    assert names == sorted(names)
    assert names[:2] == ["Upper", "__name__"]
    assert len(names) == len(set(names))
    assert all(name and value for name, value in one.labels)


@pytest.mark.parametrize("value", ["日本語", "Ω≈ç√", 'a"b\\c\nd\te', "x" * 20_000, "😀"])
def test_series_labels_values_are_any_utf_8(value: str) -> None:
    """Label values MUST be any sequence of UTF-8 characters, long ones too; they arrive unchanged."""
    (one,) = series_v2(encoder().encode(snapshot([Series(GAUGE, (("name", value),))], [1.0])))
    assert dict(one.labels)["name"] == value


def test_series_labels_names_are_those_of_the_data_model() -> None:
    """Our metric names SHOULD match the regular expression; no label except ``__name__`` begins with ``__``."""
    assert all(re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", metric.name) for metric in metrics.ALL)
    names = {name for one in series_v2(encoder().encode(snapshot())) for name, _ in one.labels}
    assert {name for name in names if name.startswith("__")} == {"__name__"}
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in names)


def test_series_labels_a_name_may_be_long_or_hold_colons() -> None:
    """Names of users' own metrics are unchanged."""
    for name in ("app:logins:total", "n" * 500):
        (one,) = series_v2(encoder().encode(snapshot([Series(Metric(name, MetricType.GAUGE, ""))], [1.0])))
        assert one.name == name


def test_series_labels_may_be_many() -> None:
    """A hundred labels arrive, each with its value."""
    many = tuple((f"label_{number:03}", f"value {number}") for number in range(100))
    (one,) = series_v2(encoder().encode(snapshot([Series(GAUGE, many)], [1.0])))
    assert set(many) < set(one.labels)
    assert len(one.labels) == 104


# Samples and Histogram Samples


@given(st.integers(min_value=0, max_value=2**62), st.integers(min_value=0, max_value=2**62))
def test_samples_may_be_of_any_time(timestamp_ms: int, previous_ms: int) -> None:
    """Timestamps may be the epoch, or in the future; the start is no later than the sample."""
    of = snapshot(known=4, timestamp_ms=timestamp_ms, previous_ms=previous_ms)
    counter, gauge, *_ = series_v2(encoder().encode(of))
    assert counter.samples == [(timestamp_ms, 3.0, previous_ms or 1)]
    assert gauge.samples == [(timestamp_ms, 12.0, 0)]


def test_samples_of_a_series_are_in_order_of_time() -> None:
    """Samples MUST be in timestamp order: the 0 of a new series before its first value, later ticks after it."""
    of, times = encoder(), list[int]()
    for tick in range(3):
        now = NOW + 5000 * tick
        one, *_ = series_v2(of.encode(snapshot(known=4 * bool(tick), timestamp_ms=now, previous_ms=now - 5000)))
        times += [timestamp for timestamp, _, _ in one.samples]
    assert times == [BEFORE, NOW, NOW + 5000, NOW + 10_000]


def test_samples_of_cumulative_series_have_a_start_timestamp() -> None:
    """It SHOULD be provided for counters and histograms; it is the run's first 0, never after the sample."""
    of = encoder()
    for tick in range(3):
        now = snapshot(known=4 * bool(tick), timestamp_ms=NOW + 5000 * tick, previous_ms=BEFORE + 5000 * tick)
        found = by_name(series_v2(of.encode(now)))
        starts = {name: {start for _, _, start in one.samples} for name, one in found.items()}
        assert starts == {
            "requests_total": {BEFORE},
            "duration_seconds_bucket": {BEFORE},
            "encode_seconds_sum": {BEFORE},
            "users": {0},
        }
        assert all(start <= timestamp for one in found.values() for timestamp, _, start in one.samples)


def test_samples_of_native_histograms_have_a_start_timestamp() -> None:
    """The same for histogram samples, the empty one that comes first included."""
    found = [one for one in series_v2(encoder().encode(snapshot(native=1))) if one.histograms]
    assert [(one.timestamp, one.start_timestamp) for one in found[0].histograms] == [(BEFORE, BEFORE), (NOW, BEFORE)]


def test_histograms_are_whole() -> None:
    """Schema, counts, sum, zero bucket, spans and deltas MUST arrive as they are; the first one is empty."""
    histogram = replace(NATIVE, count=2**53, deltas=(2**52, -1, 2))
    of = replace(snapshot(native=1), histograms=[histogram])
    first, second = next(one for one in series_v2(encoder().encode(of)) if one.histograms).histograms
    assert (first.count_int, first.zero_count_int, first.sum, list(first.positive_deltas)) == (0, 0, 0.0, [])
    assert (second.count_int, second.zero_count_int, second.sum) == (2**53, 1, 1.25)
    assert (second.schema, second.zero_threshold) == (3, 1e-6)
    assert [(span.offset, span.length) for span in second.positive_spans] == [(-8, 2), (3, 1)]
    assert list(second.positive_deltas) == [2**52, -1, 2]
    assert not second.negative_spans


def test_samples_a_start_at_the_epoch_is_not_taken_for_none() -> None:
    """0 is unset, so that a start at 0 MUST be written as 1 or -1."""
    one, *_ = series_v2(encoder().encode(snapshot(known=4, previous_ms=0)))
    assert one.samples == [(NOW, 3.0, 1)]


def test_samples_the_start_survives_a_change_of_the_encoder() -> None:
    """Smaller requests, or another version, during a run keep the start of counters."""
    of = encoder()
    (payload,) = payloads_of(of.encode(snapshot()))
    smaller = of.in_form(Version.V2, len(payload.body), native=True)
    assert smaller is not of
    one, *_ = series_v2(smaller.encode(snapshot(known=4, timestamp_ms=NOW + 5000, previous_ms=NOW)))
    assert one.samples == [(NOW + 5000, 3.0, BEFORE)]


def test_samples_that_end_a_series_are_stale_markers() -> None:
    """They MUST be sent where the end can be detected, and MUST be the one NaN, for native histograms as the sum."""
    of = encoder()
    list(of.encode(snapshot(native=1)))
    payloads = list(of.stale(snapshot(known=4, native=1)))
    found = series_v2(payloads)
    assert [(timestamp, start) for one in found[:4] for timestamp, _, start in one.samples] == [
        (NOW + 1, BEFORE), (NOW + 1, 0), (NOW + 1, BEFORE), (NOW + 1, BEFORE)
    ]  # fmt: skip
    # The raw bytes, since a float need not keep which NaN it is: as Sample.value, and as Histogram.sum.
    raw = b"".join(snappy.uncompress(payload.body) for payload in payloads)
    assert raw.count(b"\x09" + struct.pack("<Q", STALE)) == 4
    assert raw.count(b"\x19" + struct.pack("<Q", STALE)) == 1


def test_samples_an_ordinary_nan_is_no_stale_marker() -> None:
    """The marker's value MUST NOT be used otherwise."""
    (payload,) = payloads_of(encoder().encode(snapshot([Series(GAUGE)], [float("nan")])))
    assert struct.pack("<Q", STALE) not in snappy.uncompress(payload.body)


# Metadata


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (SERIES[0], (1, "Requests made.", "")),
        (SERIES[1], (2, "Users running.", "")),
        (SERIES[2], (3, "Durations.", "seconds")),
        (SERIES[3], (5, "Time spent.", "seconds")),
    ],
)
def test_metadata_is_with_every_series(series: Series, expected: tuple[int, str, str]) -> None:
    """Type, help and unit SHOULD be provided, in every request."""
    of = encoder()
    for tick in range(2):
        (one,) = series_v2(of.encode(snapshot([series], [1.0], known=tick, timestamp_ms=NOW + tick)))
        assert one.metadata == expected


@pytest.mark.parametrize("help_text", ["", "two\nlines", 'a "quoted" \\ Ω'])
def test_metadata_help_is_any_text(help_text: str) -> None:
    """Line feeds and special characters arrive unchanged; no help is the empty symbol."""
    (one,) = series_v2(encoder().encode(snapshot([Series(Metric("m", MetricType.GAUGE, help_text))], [1.0])))
    assert one.metadata == (2, help_text, "")


def test_metadata_is_the_same_for_all_series_of_a_family() -> None:
    """Buckets, sum and count carry one and the same type and help, by the same references."""
    parts = [Series(HISTOGRAM, (), suffix) for suffix in ("_bucket", "_sum", "_count")]
    (request,) = requests_v2(encoder().encode(snapshot(parts, [1.0, 2.0, 3.0])))
    assert len({(one.metadata.type, one.metadata.help_ref, one.metadata.unit_ref) for one in request.timeseries}) == 1


# Exemplars


def test_exemplars_have_value_timestamp_and_sorted_labels() -> None:
    """They MUST contain a value and a timestamp, also a value of 0; labels are by reference, sorted."""
    zero = Exemplar((("z", "1"), ("a", "2")), 0.0, NOW)
    request = requests_v2(encoder().encode(snapshot(exemplars={0: EXEMPLAR, 2: zero})))[0]
    first, second = (request.timeseries[index].exemplars[0] for index in (0, 2))
    assert (first.value, first.timestamp) == (0.42, NOW - 17)
    assert (second.value, second.timestamp) == (0.0, NOW)
    assert resolved(second.labels_refs, request.symbols) == (("a", "2"), ("z", "1"))


def test_exemplars_may_be_on_many_requests() -> None:
    """Each is in the request of its series."""
    exemplars = {index: Exemplar((("trace_id", str(index)),), float(index), NOW) for index in (0, 4, 5, 9)}
    found = series_v2(encoder(max_samples=3).encode(snapshot(numbered(10, COUNTER), range(10), exemplars=exemplars)))
    assert {index: one.exemplars[0][1] for index, one in enumerate(found) if one.exemplars} == {
        0: 0.0, 4: 4.0, 5: 5.0, 9: 9.0
    }  # fmt: skip


# What the specification leaves open


def test_all_types_go_together() -> None:
    """Series of all types are in one request, with the parts of a family next to each other."""
    (request,) = requests_v2(encoder().encode(snapshot()))
    assert [one.metadata.type for one in request.timeseries] == [1, 2, 3, 5]


def test_nothing_to_send_makes_no_request() -> None:
    """An empty table is no request, nor at the end."""
    assert list(encoder().encode(snapshot([], []))) == list(encoder().stale(snapshot([], []))) == []


def test_samples_are_counted() -> None:
    """A payload has the number of its samples: zeros and native histograms included, exemplars not."""
    payloads = payloads_of(encoder().encode(snapshot(exemplars={0: EXEMPLAR}, native=2)))
    assert [payload.samples for payload in payloads] == [4 + 3, 2 + 2]
