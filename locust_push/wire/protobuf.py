"""The few pieces of the protocol buffers wire format that the encoders write by hand.

Source: the "Encoding" chapter of the Protocol Buffers documentation. A field is a tag, ``number << 3 | wire type``, and
a value; wire type 0 is a varint, 1 eight bytes, 2 a length and as many bytes.
"""

from collections.abc import Iterator
from functools import lru_cache


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
    return varint(number << 3 | 2) + varint(len(content)) + content


def fields(message: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The length-delimited fields of a message, in order: each whole, with its tag, and its content alone.

    Raises:
        ValueError: there is a field of another type, or the message is cut off.
    """
    position = 0
    while position < len(message):
        start = position
        tag, position = _read_varint(message, position)
        size, content = _read_varint(message, position)
        position = content + size
        if tag & 7 != 2 or position > len(message):
            raise ValueError(f"no whole length-delimited field at byte {start}")
        yield message[start:position], message[content:position]


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
