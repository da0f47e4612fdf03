import pytest
from google.protobuf.internal.decoder import _DecodeVarint  # type: ignore[attr-defined]  # not in its type information
from hypothesis import given
from hypothesis import strategies as st

from locust_push.wire.generated.remote_write_v1_pb2 import Label
from locust_push.wire.protobuf import delimited, varint


@given(st.one_of(st.integers(min_value=0, max_value=2**63 - 1), st.integers(0, 63).map(lambda bits: (1 << bits) - 1)))
def test_the_official_decoder_reads_a_varint(value: int) -> None:
    """Any non-negative 64-bit integer comes back from the official decoder, and all its bytes are used."""
    encoded = varint(value)
    assert _DecodeVarint(encoded, 0) == (value, len(encoded))


def test_a_negative_varint_is_refused() -> None:
    """A negative integer would never end; it is refused by name."""
    with pytest.raises(ValueError, match="varint of -1: expecting a non-negative integer"):
        varint(-1)


@given(st.text(min_size=1, max_size=300))
def test_a_delimited_field_is_encoded_as_the_official_one(value: str) -> None:
    """A text field has the bytes that the official encoder gives it, whatever its length."""
    assert delimited(2, value.encode()) == Label(value=value).SerializeToString()
