"""Segments: files of payloads, each length-prefixed and checksummed. The archive and the spool are made of them.

A segment opens with :data:`MAGIC`. Each record is the payload's length and its CRC-32, both unsigned 32-bit little
endian, and the payload: a remote-write request just as it goes over the wire. A process that is killed leaves at worst
an incomplete last record, which :func:`read` recognises and reports.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

MAGIC = b"LPUSHSG1"
"""The first eight bytes; the last one is the version of the format."""

MAX_RECORD = 64 << 20
"""A larger length prefix means damage: a request is about 1 MiB before compression."""

_HEAD = struct.Struct("<II")

HEAD_BYTES = _HEAD.size
"""The header of a record."""


class DamagedSegmentError(Exception):
    """A segment cannot be read any further; ``str()`` says where and why."""


def record(payload: bytes) -> bytes:
    """Return one record; the payload must not be empty."""
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read_record(stream: BinaryIO) -> bytes | None:
    """Return the payload of the record at the position of ``stream``; None if it is damaged.

    Raises:
        EOFError: the stream is at its end.
    """
    head = stream.read(_HEAD.size)
    if not head:
        raise EOFError
    # A size of 0 is damage as well: file systems may leave zeros after a power failure.
    size, checksum = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
    payload = stream.read(size) if size <= MAX_RECORD else b""
    return payload if payload and len(payload) == size and zlib.crc32(payload) == checksum else None


def read(stream: BinaryIO, damaged: Callable[[str], None]) -> Iterator[bytes]:
    """The payloads of a segment, in order.

    Reading ends at a record that is incomplete, or whose checksum is wrong; ``damaged`` is called with one line that
    says where.

    Raises:
        DamagedSegmentError: the stream is not a segment.
    """
    magic = stream.read(len(MAGIC))
    if magic != MAGIC and MAGIC.startswith(magic):
        damaged(f"the segment ends within its first {len(MAGIC)} bytes; it has no record")
        return
    if magic != MAGIC:
        raise DamagedSegmentError(f"not a segment: it opens with {magic!r}, expecting {MAGIC!r}")
    position = len(MAGIC)
    while True:
        try:
            payload = read_record(stream)
        except EOFError:
            return
        if payload is None:
            damaged(f"the record at byte {position} is incomplete or damaged; it and the following ones are skipped")
            return
        position += _HEAD.size + len(payload)
        yield payload
