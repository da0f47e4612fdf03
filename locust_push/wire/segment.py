"""Segments: files of payloads, each length-prefixed and checksummed. The archive and the spool are made of them.

A segment opens with :data:`MAGIC`. Each record is the payload's length and its CRC-32, both unsigned 32-bit little
endian, and the payload: a remote-write request just as it goes over the wire. A process that dies leaves at worst a
torn last record, which :func:`read` recognises and reports.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

MAGIC = b"LPUSHSG1"
"""The first eight bytes; the last one is the version of the format."""

MAX_RECORD = 64 << 20
"""A longer length prefix can only be damage: a request is about 1 MiB before compression."""

_HEAD = struct.Struct("<II")

HEAD_BYTES = _HEAD.size
"""What a record has before its payload."""


class DamagedSegmentError(Exception):
    """A segment cannot be read any further; says where and why."""


def record(payload: bytes) -> bytes:
    """One record; the payload is not empty, as no request is."""
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read_record(stream: BinaryIO) -> bytes | None:
    """The payload of the record at which ``stream`` stands; None where it is torn or its checksum does not hold.

    Raises:
        EOFError: the stream is at its end.
    """
    head = stream.read(_HEAD.size)
    if not head:
        raise EOFError
    # A size of 0 is not ours either: file systems may leave zeros where a machine lost power.
    size, checksum = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
    payload = stream.read(size) if size <= MAX_RECORD else b""
    return payload if payload and len(payload) == size and zlib.crc32(payload) == checksum else None


def read(stream: BinaryIO, damaged: Callable[[str], None]) -> Iterator[bytes]:
    """The payloads of a segment, in order.

    Reading ends at a record that is torn, or whose checksum is wrong; ``damaged`` is called with one line that says
    where.

    Raises:
        DamagedSegmentError: the stream is no segment at all.
    """
    magic = stream.read(len(MAGIC))
    if magic != MAGIC and MAGIC.startswith(magic):
        damaged(f"the segment is torn within its first {len(MAGIC)} bytes; it has no record")
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
            damaged(f"the record at byte {position} is torn or damaged; it and what follows is skipped")
            return
        position += _HEAD.size + len(payload)
        yield payload
