"""The few pieces of the protocol buffers wire format that the encoders write by hand.

Source: the "Encoding" chapter of the Protocol Buffers documentation. A field is a tag, ``number << 3 | wire type``, and
a value; wire type 0 is a varint, 1 eight bytes, 2 a length and as many bytes.
"""

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
