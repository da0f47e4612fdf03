"""One native histogram on the wire, as the official classes parse it."""

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.native import SCHEMAS
from locust_push.core.series import STALE_MARKER
from locust_push.wire.generated import remote_write_v1_pb2, remote_write_v2_pb2
from locust_push.wire.remote_write.native_histogram import (
    observations,
    stale,
    timestamps,
    zigzag,
)
from tests.unit.wire.native import NOW, native, official

durations = st.lists(st.floats(min_value=0.0, max_value=1e4), max_size=50)
schemas = st.sampled_from(SCHEMAS)


@given(durations, schemas, st.integers(min_value=1, max_value=2**62))
def test_the_official_class_of_1_0_reads_what_went_in(values: list[float], schema: int, timestamp_ms: int) -> None:
    """Any histogram, including empty ones, equals the message of the official class."""
    of = native(*values, schema=schema)
    read = remote_write_v1_pb2.Histogram.FromString(observations(of) + timestamps(timestamp_ms))
    assert read == official(of, timestamp_ms)


@given(durations, schemas)
def test_the_official_class_of_2_0_reads_the_same(values: list[float], schema: int) -> None:
    """2.0 differs only in the start timestamp."""
    of = native(*values, schema=schema)
    read = remote_write_v2_pb2.Histogram.FromString(observations(of) + timestamps(NOW, NOW - 60_000))
    assert (read.timestamp, read.start_timestamp) == (NOW, NOW - 60_000)
    read.ClearField("start_timestamp")
    assert read.SerializeToString() == official(of, NOW).SerializeToString()


@pytest.mark.parametrize("message", [remote_write_v1_pb2.Histogram, remote_write_v2_pb2.Histogram])
def test_an_empty_histogram_says_that_its_counts_are_integers(message: type[Message]) -> None:
    """Both counts are present although they are 0: their presence identifies an integer histogram."""
    read = message.FromString(observations(native()) + timestamps(NOW))
    assert read.WhichOneof("count") == "count_int"
    assert read.WhichOneof("zero_count") == "zero_count_int"


def test_the_reset_hint_is_left_to_the_receiver() -> None:
    """The reset hint is unknown, since the receiver's last histogram is not known here."""
    read = remote_write_v1_pb2.Histogram.FromString(observations(native(1.0)) + timestamps(NOW))
    assert read.reset_hint == remote_write_v1_pb2.Histogram.UNKNOWN


def test_a_stale_marker_has_its_exact_bits_in_the_sum() -> None:
    """The marker keeps the last counts, for receivers that convert histograms to other series."""
    of = native(0.5, 0.7)
    encoded = stale(of) + timestamps(NOW)
    assert encoded.count(b"\x19" + STALE_MARKER) == 1
    read, last = remote_write_v1_pb2.Histogram.FromString(encoded), official(of, NOW)
    for message in (read, last):
        message.ClearField("sum")
    assert read == last


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, 0), (-1, 1), (1, 2), (-2, 3), (2**62, 2**63), (-(2**63), 2**64 - 1)]
)
def test_signed_integers_are_written_as_the_encoding_says(value: int, encoded: int) -> None:
    """Zigzag encoding maps small magnitudes to small numbers, and covers every 64-bit integer."""
    assert zigzag(value) == encoded
