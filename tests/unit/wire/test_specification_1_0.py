"""The Prometheus Remote-Write 1.0 specification: requirements on a sender's messages, clause by clause.

Each test names its section. Two clauses of senders are met elsewhere: "Retries & Backoff" in tests/unit/delivery
(test_answer.py, test_backoff.py, test_sender.py), the header User-Agent in its test_http.py. One is not met, on
purpose: "Negotiation" requires senders of more than 1.x to begin with an empty 1.x request and to read a version from
the answer. Receivers never sent it, and 2.0 replaces it: 2.0 is tried, 415 falls back, and nothing MUST be assumed of
the version from the headers of an answer (tests/unit/outputs/test_negotiation.py).
"""

import re
import struct
from itertools import pairwise
from typing import Any

import pytest
import snappy

from locust_push.core import metrics
from locust_push.core.series import Metric, MetricType, Series
from locust_push.wire.generated.remote_write_v1_pb2 import MetricMetadata, WriteRequest
from locust_push.wire.protobuf import fields
from locust_push.wire.remote_write.encoder import HEADERS, RemoteWriteEncoder
from locust_push.wire.remote_write.v1 import METADATA_INTERVAL_MS
from locust_push.wire.remote_write.version import Version
from tests.unit.wire.messages import payloads_of, requests_v1, series_v1
from tests.unit.wire.snapshots import BEFORE, COMMON, COUNTER, EXEMPLAR, GAUGE, NOW, SERIES, numbered, snapshot

STALE = 0x7FF0000000000002


def encoder(**options: Any) -> RemoteWriteEncoder:
    return RemoteWriteEncoder(COMMON, Version.V1, **options)


# Protocol


def test_protocol_the_message_is_a_write_request() -> None:
    """MUST use the schema: series in field 1, metadata in field 3, and nothing in field 2, which is reserved."""
    payloads = payloads_of(encoder().encode(snapshot(exemplars={0: EXEMPLAR}, native=1)))
    numbers = [{field.number for field in fields(snappy.uncompress(payload.body))} for payload in payloads]
    assert numbers == [{1}, {1}, {3}]
    assert len(series_v1(payloads)) == 5


def test_protocol_timestamps_are_milliseconds_and_values_doubles() -> None:
    """Timestamps MUST be int64 milliseconds since the epoch, values MUST be float64, also the extreme ones."""
    values = [1 / 3, -0.0, 5e-324, 1.7e308]
    found = series_v1(encoder().encode(snapshot(known=4, values=values)))
    assert {one.samples[0][0] for one in found} == {NOW}
    assert [struct.pack("<d", one.samples[0][1]) for one in found] == [struct.pack("<d", value) for value in values]


def test_protocol_headers() -> None:
    """MUST be sent with the request: encoding, type without parameters, version; User-Agent is delivery's."""
    assert dict(HEADERS[Version.V1]) == {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }


def test_protocol_compression_is_snappys_block_format() -> None:
    """MUST be the block format, MUST NOT be the framed one."""
    for payload in payloads_of(encoder().encode(snapshot())):
        assert WriteRequest.FromString(snappy.uncompress(payload.body))
        assert not payload.body.startswith(b"\xff\x06\x00\x00sNaPpY")


def test_protocol_what_only_2_0_has_is_not_sent() -> None:
    """No start timestamps and no symbols: every field is one that the schema of 1.0 names."""
    for request in requests_v1(encoder().encode(snapshot(exemplars={0: EXEMPLAR}, native=1))):
        whole = request.SerializeToString()
        request.DiscardUnknownFields()
        assert request.SerializeToString() == whole


# Labels


def test_labels_are_complete_in_every_request() -> None:
    """The complete set MUST be sent with each sample, ``__name__`` among them, in later ticks too."""
    of = encoder()
    for tick in range(3):
        found = series_v1(of.encode(snapshot(known=4 * bool(tick), timestamp_ms=NOW + tick)))
        assert [dict(one.labels) for one in found] == [
            {"__name__": series.name, **dict(COMMON), **dict(series.labels)} for series in SERIES
        ]


def test_labels_are_sorted_and_neither_repeated_nor_empty() -> None:
    """Names MUST be sorted and MUST NOT be repeated; names and values MUST NOT be empty."""
    series = [Series(COUNTER, (("zebra", "z"), ("Upper", "u"), ("_under", "_"), ("empty", "")))]
    (one,) = series_v1(encoder().encode(snapshot(series, [1.0])))
    names = [name for name, _ in one.labels]
    assert names == sorted(names)
    assert len(names) == len(set(names))
    assert all(name and value for name, value in one.labels)


def test_labels_are_valid_names() -> None:
    """Names of metrics and labels MUST match the regular expressions; ``__`` is for ``__name__`` alone."""
    assert all(re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", metric.name) for metric in metrics.ALL)
    for one in series_v1(encoder().encode(snapshot())):
        assert re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", one.name)
        assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name, _ in one.labels)
        assert [name for name, _ in one.labels if name.startswith("__")] == ["__name__"]


@pytest.mark.parametrize("value", ["日本語", 'a"b\\c\nd\te', "x" * 20_000])
def test_labels_values_are_any_utf_8(value: str) -> None:
    """Label values MAY be any sequence of UTF-8 characters; they arrive unchanged."""
    (one,) = series_v1(encoder().encode(snapshot([Series(GAUGE, (("name", value),))], [1.0])))
    assert dict(one.labels)["name"] == value


# Ordering


def test_ordering_samples_of_a_series_are_in_order_of_time() -> None:
    """Samples MUST be sent in timestamp order: within a request and from one to the next."""
    of, times = encoder(), list[int]()
    for tick in range(3):
        now = NOW + 5000 * tick
        one, *_ = series_v1(of.encode(snapshot(known=4 * bool(tick), timestamp_ms=now, previous_ms=now - 5000)))
        times += [timestamp for timestamp, _, _ in one.samples]
    one, *_ = series_v1(of.stale(snapshot(known=4, timestamp_ms=NOW + 10_000)))
    times += [timestamp for timestamp, _, _ in one.samples]
    assert times[0] == BEFORE
    assert all(earlier < later for earlier, later in pairwise(times))


# Stale Markers


def test_stale_markers_end_every_series() -> None:
    """They MUST be sent when a series will no longer be appended to, and MUST be the one NaN."""
    of = encoder()
    list(of.encode(snapshot(native=1)))
    payloads = list(of.stale(snapshot(known=4, native=1)))
    found = series_v1(payloads)
    assert [one.name for one in found] == [*(series.name for series in SERIES), "duration_seconds"]
    assert {timestamp for one in found for timestamp, _, _ in one.samples} == {NOW + 1}
    raw = b"".join(snappy.uncompress(payload.body) for payload in payloads)
    assert raw.count(b"\x09" + struct.pack("<Q", STALE)) == 4
    assert raw.count(b"\x19" + struct.pack("<Q", STALE)) == 1


def test_stale_markers_are_no_ordinary_nan() -> None:
    """The value MUST NOT be used otherwise."""
    (payload, *_) = payloads_of(encoder().encode(snapshot([Series(GAUGE)], [float("nan")])))
    assert struct.pack("<Q", STALE) not in snappy.uncompress(payload.body)


# What is not in the text of 1.0, as Prometheus' own sender has it


def metadata_of(of: RemoteWriteEncoder, timestamp_ms: int, known: int = 4) -> list[MetricMetadata]:
    requests = requests_v1(of.encode(snapshot(known=known, timestamp_ms=timestamp_ms)))
    assert all(bool(request.timeseries) != bool(request.metadata) for request in requests)
    return [one for request in requests for one in request.metadata]


def test_metadata_has_type_help_and_unit_of_each_family() -> None:
    """In a request of its own, so that a receiver that refuses it refuses no sample."""
    of = encoder(max_samples=2)
    found = metadata_of(of, NOW, known=0)
    assert [(one.metric_family_name, one.type, one.help, one.unit) for one in found] == [
        ("requests_total", MetricMetadata.COUNTER, "Requests made.", ""),
        ("users", MetricMetadata.GAUGE, "Users running.", ""),
        ("duration_seconds", MetricMetadata.HISTOGRAM, "Durations.", "seconds"),
        ("encode_seconds", MetricMetadata.SUMMARY, "Time spent.", "seconds"),
    ]


def test_metadata_is_repeated_every_minute() -> None:
    """Metadata is sent at the first tick, and then after a minute; not in between."""
    of = encoder()
    assert METADATA_INTERVAL_MS == 60_000
    times = [NOW + 5000 * tick for tick in range(26)]
    assert [at - NOW for at in times if metadata_of(of, at, known=4 * (at > NOW))] == [0, 60_000, 120_000]


def test_metadata_of_a_family_that_joins_is_sent_with_it() -> None:
    """Metrics that appear at the end of a run, seconds after the last metadata, have theirs too."""
    of = encoder()
    assert metadata_of(of, NOW, known=0)
    series = [*SERIES, Series(Metric("run_requests", MetricType.GAUGE, "At the end."))]
    requests = requests_v1(of.encode(snapshot(series, [1.0] * 5, known=4, timestamp_ms=NOW + 5000)))
    assert [one.metric_family_name for one in requests[-1].metadata][-1] == "run_requests"


def test_metadata_holds_no_samples() -> None:
    """Its loss is not a loss of data, and not counted as one."""
    payloads = payloads_of(encoder().encode(snapshot()))
    assert [payload.samples for payload in payloads] == [7, 0]


def test_exemplars_are_sent_once() -> None:
    """With labels sorted, value and timestamp, in the request that its series is in."""
    of = encoder()
    found = series_v1(of.encode(snapshot(exemplars={2: EXEMPLAR})))
    assert [one.exemplars for one in found] == [[], [], [((("span_id", "7"), ("trace_id", "abc")), 0.42, NOW - 17)], []]
    assert found[2].samples == [(BEFORE, 0.0, 0), (NOW, 5.0, 0)]
    later = series_v1(of.encode(snapshot(known=4, timestamp_ms=NOW + 1, exemplars={0: EXEMPLAR})))
    assert [len(one.exemplars) for one in later] == [1, 0, 0, 0]
    assert later[0].samples == [(NOW + 1, 3.0, 0)]


def test_native_histograms_are_not_among_numbers() -> None:
    """They are in separate requests, an empty one before the first of a series."""
    first, second, _ = requests_v1(encoder().encode(snapshot(native=2)))
    assert not any(one.histograms for one in first.timeseries)
    assert [[histogram.timestamp for histogram in one.histograms] for one in second.timeseries] == [[BEFORE, NOW]] * 2
    assert not any(one.samples for one in second.timeseries)


def test_many_series_share_a_request() -> None:
    """2,000 of them at most."""
    found = requests_v1(encoder().encode(snapshot(numbered(4001), [1.0] * 4001, known=4001)))
    assert [len(request.timeseries) for request in found] == [2000, 2000, 1, 0]
