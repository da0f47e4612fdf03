import struct

import pytest
from google.protobuf.internal.decoder import _DecodeVarint  # type: ignore[attr-defined]  # not in its type information
from hypothesis import given
from hypothesis import strategies as st

from locust_push.wire.generated.remote_write_v1_pb2 import Label, Sample
from locust_push.wire.protobuf import delimited, fields, packed, unpacked, varint


@given(st.one_of(st.integers(min_value=0, max_value=2**63 - 1), st.integers(0, 63).map(lambda bits: (1 << bits) - 1)))
def test_the_official_decoder_reads_a_varint(value: int) -> None:
    """Any non-negative 64-bit integer is restored by the official decoder, which reads all bytes."""
    encoded = varint(value)
    assert _DecodeVarint(encoded, 0) == (value, len(encoded))


def test_a_negative_varint_is_refused() -> None:
    """A negative integer would never end; it is refused with its value."""
    with pytest.raises(ValueError, match="varint of -1: expecting a non-negative integer"):
        varint(-1)


@given(st.text(min_size=1, max_size=300))
def test_a_delimited_field_is_encoded_as_the_official_one(value: str) -> None:
    """A text field has the bytes that the official encoder gives it, whatever its length."""
    assert delimited(2, value.encode()) == Label(value=value).SerializeToString()


@given(st.lists(st.tuples(st.integers(1, 1000), st.binary(max_size=300))))
def test_fields_are_taken_apart(parts: list[tuple[int, bytes]]) -> None:
    """Every field is returned with its content, in order, and together they are the message."""
    message = b"".join(delimited(number, content) for number, content in parts)
    found = list(fields(message))
    assert [(one.number, one.content) for one in found] == parts
    assert b"".join(one.encoded for one in found) == message


def test_a_message_that_is_cut_off_is_refused() -> None:
    """A message cut anywhere except at the end of a field is refused."""
    first, second = delimited(1, b"a" * 200), delimited(2, b"b")
    for size in set(range(1, len(first + second))) - {len(first)}:
        with pytest.raises(ValueError, match=r"^(a varint|the field at byte (0|203)) is cut off$"):
            list(fields((first + second)[:size]))


def test_numbers_are_fields_as_well() -> None:
    """Doubles and integers are returned as their encoded bytes."""
    value, timestamp = fields(Sample(value=1.5, timestamp=300).SerializeToString())
    assert value == (1, struct.pack("<d", 1.5), b"\x09" + struct.pack("<d", 1.5))
    assert timestamp == (2, varint(300), b"\x10" + varint(300))


def test_fields_of_other_types_are_refused() -> None:
    """A message with a four-byte field, which is never written here, is refused."""
    with pytest.raises(ValueError, match=r"^wire type 5 before byte 1$"):
        list(fields(b"\x0d\x00\x00\x00\x00"))


@given(st.lists(st.integers(min_value=0, max_value=2**32)))
def test_packed_integers_come_back(values: list[int]) -> None:
    """An empty packed field is left out; its integers keep their order."""
    found = [list(unpacked(one.content)) for one in fields(packed(1, values))]
    assert found == ([values] if values else [])
