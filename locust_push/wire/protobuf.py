"""The few pieces of the protocol buffers wire format that the encoders write by hand.

Source: the "Encoding" chapter of the Protocol Buffers documentation. A field is a tag, ``number << 3 | wire type``, and
a value; wire type 0 is a varint, 1 eight bytes, 2 a length and as many bytes.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

VARINT, FIXED64, DELIMITED = 0, 1, 2
"""Wire types."""


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: Field number.
        content: The value's bytes, without its length where it is delimited.
        encoded: The whole field, tag and length included.
    """

    number: int
    content: bytes
    encoded: bytes


@lru_cache(maxsize=4096)
def varint(value: int) -> bytes:
    """A non-negative integer, seven bits a byte, least significant first. Remembered: nearly all are short lengths."""
    if value < 0:
        raise ValueError(f"varint of {value}: expecting a non-negative integer")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def delimited(number: int, content: bytes) -> bytes:
    """A length-delimited field (text, bytes or message)."""
    return varint(number << 3 | DELIMITED) + varint(len(content)) + content


def packed(number: int, values: Iterable[int]) -> bytes:
    """A repeated field of non-negative integers; nothing where there are none."""
    content = b"".join(map(varint, values))
    return delimited(number, content) if content else b""


def unpacked(content: bytes) -> Iterator[int]:
    """The integers of a packed field.

    Raises:
        ValueError: the last one is cut off.
    """
    position = 0
    while position < len(content):
        value, position = _read_varint(content, position)
        yield value


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message, in order.

    Raises:
        ValueError: there is a field of a type that we never write, or the message is cut off.
    """
    position = 0
    while position < len(message):
        tag, start = _read_varint(message, position)
        start, end = _value(message, tag & 7, start)
        if end > len(message):
            raise ValueError(f"the field at byte {position} is cut off")
        yield Field(tag >> 3, message[start:end], message[position:end])
        position = end


def messages(body: bytes) -> Iterator[bytes]:
    """The messages of a body in which each has its length before it.

    Raises:
        ValueError: the last one is cut off.
    """
    position = 0
    while position < len(body):
        size, start = _read_varint(body, position)
        position = start + size
        if position > len(body):
            raise ValueError(f"the message at byte {start} is cut off")
        yield body[start:position]


def _value(message: bytes, wire_type: int, position: int) -> tuple[int, int]:
    """Where the value of a field begins and ends."""
    if wire_type == DELIMITED:
        size, position = _read_varint(message, position)
        return position, position + size
    if wire_type == FIXED64:
        return position, position + 8
    if wire_type == VARINT:
        return position, _read_varint(message, position)[1]
    raise ValueError(f"wire type {wire_type} before byte {position}")


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(message):
            raise ValueError("a varint is cut off")
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:
            return value, position
