"""The versions of the remote-write protocol, and how a request body tells which one it is."""

from enum import StrEnum

_LITERAL, _LONG_LITERAL = 0, 60


class Version(StrEnum):
    """A version of the protocol that the agent writes."""

    V1 = "1.0"
    V2 = "2.0"


def version_of(body: bytes) -> Version:
    """The version of a compressed request, told by its first field without decompressing it.

    A 2.0 request begins with its symbols, field 4, and never has the fields 1 to 3, of which alone a 1.0 request is
    made. Snappy's block format is a length and then elements, the first of which can only be a literal.

    Raises:
        ValueError: it is no request of either version.
    """
    try:
        field = _first_byte(body) >> 3
    except IndexError:
        field = 0
    if field not in (1, 3, 4):
        raise ValueError(f"not a remote-write request: it begins with field {field}")
    return Version.V2 if field == 4 else Version.V1


def _first_byte(body: bytes) -> int:
    """Of what is compressed (Snappy's "format_description.txt", sections 1 and 2)."""
    position = 0
    while body[position] & 0x80:
        position += 1
    kind, length = body[position + 1] & 3, body[position + 1] >> 2
    if kind != _LITERAL:
        return 0
    return body[position + 2 + max(0, length - _LONG_LITERAL + 1)]
