"""The versions of the remote-write protocol, and how to detect that of a request body."""

from enum import StrEnum

_LITERAL = 0
_LONGEST_SHORT_LITERAL = 59

_SYMBOLS = 4 << 3 | 2
"""Tag of the field with which a 2.0 request begins; a 1.0 request never has it (fields 1 to 3 alone)."""


class Version(StrEnum):
    """A version of the protocol that the agent writes."""

    V1 = "1.0"
    V2 = "2.0"


def version_of(body: bytes) -> Version:
    """Return the version of a compressed request, detected by its first byte without decompressing it.

    An unreadable request counts as 1.0: it is sent, and the receiver's answer reports the problem.
    """
    try:
        return Version.V2 if _first_byte(body) == _SYMBOLS else Version.V1
    except IndexError:
        return Version.V1


def _first_byte(body: bytes) -> int:
    """Of what is compressed: after the length comes an element, which can only be a literal.

    Source: Snappy's "format_description.txt", sections 1 and 2.
    """
    position = 0
    while body[position] & 0x80:
        position += 1
    kind, length = body[position + 1] & 3, body[position + 1] >> 2
    if kind != _LITERAL:
        return 0
    # The length of a longer literal is in up to four bytes of its own.
    return body[position + 2 + max(0, length - _LONGEST_SHORT_LITERAL)]
