"""The protobuf exposition of snapshots, as the official classes parse it."""

import math
from collections.abc import Iterable

import pytest
from google.protobuf.internal.decoder import _DecodeVarint32  # type: ignore[attr-defined]  # no public one
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.native import NativeHistogram
from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.exposition.protobuf import CONTENT_TYPE, ProtobufEncoder
from locust_push.wire.generated.exposition_pb2 import COUNTER, GAUGE, HISTOGRAM, SUMMARY, MetricFamily
from locust_push.wire.generated.exposition_pb2 import Metric as Message
from tests.unit.wire.native import DURATION, native

REQUESTS = Metric("requests_total", MetricType.COUNTER, "Requests.")
USERS = Metric("users", MetricType.GAUGE, "Users.")
ENCODING = Metric("encode_seconds", MetricType.SUMMARY, "Encoding.")
LABELS = (("name", "/a"),)


def classic(*counts: float) -> list[tuple[Series, float]]:
    """Buckets 0.5 and +Inf, sum, count."""
    buckets = [Series(DURATION, (*LABELS, ("le", le)), "_bucket") for le in ("0.5", "+Inf")]
    return list(
        zip([*buckets, Series(DURATION, LABELS, "_sum"), Series(DURATION, LABELS, "_count")], counts, strict=True)
    )


def snapshot(columns: Iterable[tuple[Series, float]], *histograms: NativeHistogram) -> Snapshot:
    series, values = zip(*columns, strict=True) if columns else ((), ())
    return Snapshot(
        2000,
        1000,
        series,
        values,
        0,
        histogram_series=[Series(DURATION, LABELS)][: len(histograms)],
        histograms=histograms,
    )


def families(encoder: ProtobufEncoder, of: Snapshot) -> dict[str, MetricFamily]:
    """Return all messages of a body by name, each of which must be preceded by its length."""
    body, position, found = b"".join(encoder.encode(of)), 0, dict[str, MetricFamily]()
    while position < len(body):
        size, position = _DecodeVarint32(body, position)
        family = MetricFamily.FromString(body[position : position + size])
        assert family.name not in found
        found[family.name] = family
        position += size
    return found


def labels(metric: Message) -> dict[str, str]:
    return {pair.name: pair.value for pair in metric.label}


def test_counters_and_gauges_are_messages_of_their_own() -> None:
    """Each family has type, help and its series, with the common labels, and none of them empty."""
    columns = [(Series(REQUESTS, LABELS), 3), (Series(USERS, (("state", ""),)), math.inf), (Series(REQUESTS), 4.5)]
    read = families(ProtobufEncoder((("team", "shop"),)), snapshot(columns))
    requests, users = read["requests_total"], read["users"]
    assert (requests.type, requests.help, users.type) == (COUNTER, "Requests.", GAUGE)
    assert [(labels(one), one.counter.value) for one in requests.metric] == [
        ({"team": "shop", "name": "/a"}, 3),
        ({"team": "shop"}, 4.5),
    ]
    assert [(labels(one), one.gauge.value) for one in users.metric] == [({"team": "shop"}, math.inf)]


def test_the_series_of_a_classic_histogram_are_one_message() -> None:
    """Buckets, sum and count are one message, the label le is the upper bound."""
    (metric,) = families(ProtobufEncoder(()), snapshot(classic(1.0, 3, 1.75, 3)))["duration_seconds"].metric
    assert labels(metric) == dict(LABELS)
    assert (metric.histogram.sample_count, metric.histogram.sample_sum) == (3, 1.75)
    assert [(one.upper_bound, one.cumulative_count) for one in metric.histogram.bucket] == [(0.5, 1), (math.inf, 3)]
    assert not metric.histogram.positive_span


def test_the_series_of_a_summary_are_one_message() -> None:
    """Quantiles, sum and count are one message."""
    columns = [
        (Series(ENCODING, (*LABELS, ("quantile", "0.5"))), 0.25),
        (Series(ENCODING, LABELS, "_sum"), 2.5),
        (Series(ENCODING, LABELS, "_count"), 9.0),
    ]
    family = families(ProtobufEncoder(()), snapshot(columns))["encode_seconds"]
    (metric,) = family.metric
    assert family.type == SUMMARY
    assert labels(metric) == dict(LABELS)
    assert (metric.summary.sample_sum, metric.summary.sample_count) == (2.5, 9)
    assert [(one.quantile, one.value) for one in metric.summary.quantile] == [(0.5, 0.25)]


def test_both_forms_of_a_histogram_are_one_message() -> None:
    """A scraper reads the classic buckets or the native ones, of the same observations."""
    of = native(0.25, 0.5, 1.0)
    family = families(ProtobufEncoder(()), snapshot(classic(2, 3, 1.75, 3), of))["duration_seconds"]
    (metric,) = family.metric
    histogram = metric.histogram
    assert family.type == HISTOGRAM
    assert [one.cumulative_count for one in histogram.bucket] == [2, 3]
    assert (histogram.schema, histogram.zero_threshold, histogram.zero_count) == (3, of.zero_threshold, 0)
    assert (histogram.sample_count, histogram.sample_sum) == (3, 1.75)
    assert tuple(histogram.positive_delta) == of.deltas
    assert tuple((span.offset, span.length) for span in histogram.positive_span) == of.spans


def test_a_native_histogram_without_observations_is_none_the_less_one() -> None:
    """Its zero threshold distinguishes it from a classic histogram without buckets."""
    (metric,) = families(ProtobufEncoder(()), snapshot([], native()))["duration_seconds"].metric
    assert metric.histogram.zero_threshold > 0


@given(st.lists(st.lists(st.floats(0.001, 10), max_size=5), min_size=1, max_size=5))
def test_every_tick_tells_its_own_values(ticks: list[list[float]]) -> None:
    """Messages are reused from tick to tick, without old contents."""
    encoder = ProtobufEncoder(())
    for durations in ticks:
        of = snapshot(classic(1, len(durations), 0.5, len(durations)), native(*durations))
        assert families(encoder, of) == families(ProtobufEncoder(()), of)


def test_series_may_join_later() -> None:
    """A table grows between ticks; new series are in their families."""
    encoder = ProtobufEncoder(())
    columns = [(Series(REQUESTS, LABELS), 1.0)]
    families(encoder, snapshot(columns))
    columns += [(Series(USERS), 2.0), (Series(REQUESTS), 3.0)]
    read = families(encoder, snapshot(columns, native(0.5)))
    assert [one.counter.value for one in read["requests_total"].metric] == [1, 3]
    assert read.keys() == {"requests_total", "users", "duration_seconds"}


def test_work_is_handed_out_in_steps() -> None:
    """Thousands of series, new or known, are encoded in several parts."""
    encoder = ProtobufEncoder(())
    columns = [(Series(REQUESTS, (("name", str(number)),)), 1.0) for number in range(10_000)]
    assert len(list(encoder.encode(snapshot(columns)))) >= 100
    assert 5 <= len(list(encoder.encode(snapshot(columns)))) < 20
    assert repr(encoder) == "<ProtobufEncoder 10000 series and 0 native histograms>"


@pytest.mark.parametrize("part", ["proto=io.prometheus.client.MetricFamily", "encoding=delimited"])
def test_the_content_type_names_message_and_framing(part: str) -> None:
    """Both parameters identify the format for a Pushgateway."""
    assert part in CONTENT_TYPE
