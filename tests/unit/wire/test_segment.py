import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.wire.segment import MAGIC, MAX_RECORD, DamagedSegmentError, read, record

any_payloads = st.lists(st.binary(min_size=1, max_size=80), max_size=6)


def segment(payloads: list[bytes]) -> bytes:
    return MAGIC + b"".join(map(record, payloads))


def read_all(content: bytes) -> tuple[list[bytes], list[str]]:
    """Return the payloads of a segment, and the messages about damage."""
    words: list[str] = []
    return list(read(io.BytesIO(content), words.append)), words


@given(any_payloads)
def test_what_was_written_is_read(payloads: list[bytes]) -> None:
    """A complete segment returns its payloads in order, without messages."""
    assert read_all(segment(payloads)) == (payloads, [])


def test_a_segment_torn_anywhere_gives_the_records_before() -> None:
    """Cut at any byte, every complete record is read; a cut inside a record is reported once, with its position."""
    payloads = [b"a" * 5, b"b" * 300, b"c"]
    whole = segment(payloads)
    ends = [len(segment(payloads[:count])) for count in range(len(payloads) + 1)]
    for size in range(len(whole) + 1):
        intact = max(0, sum(end <= size for end in ends) - 1)
        told = (
            []
            if size in ends
            else [f"the record at byte {ends[intact]} is incomplete or damaged; it and the following ones are skipped"]
        )
        if size < len(MAGIC):
            told = ["the segment ends within its first 8 bytes; it has no record"]
        assert read_all(whole[:size]) == (payloads[:intact], told), f"cut at byte {size}"


@given(any_payloads.filter(bool), st.data())
def test_a_flipped_bit_is_detected(payloads: list[bytes], data: st.DataObject) -> None:
    """One wrong bit behind the magic loses its record and those after it, and is reported once."""
    content = bytearray(segment(payloads))
    position = data.draw(st.integers(min_value=len(MAGIC), max_value=len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(min_value=0, max_value=7))
    intact = sum(len(segment(payloads[: count + 1])) <= position for count in range(len(payloads)))
    found, words = read_all(bytes(content))
    assert found == payloads[:intact]
    assert len(words) == 1


def test_zeros_at_the_end_are_damage() -> None:
    """Zeros, which a file system may leave after a power failure, are reported as damage."""
    found, words = read_all(segment([b"a"]) + bytes(4096))
    assert found == [b"a"]
    assert words == ["the record at byte 17 is incomplete or damaged; it and the following ones are skipped"]


def test_an_absurd_length_is_not_allocated() -> None:
    """A length beyond the largest record is damage; it is not allocated."""

    class Cautious(io.BytesIO):
        """A file that refuses large reads."""

        def read(self, size: int | None = -1) -> bytes:
            """Read a limited number of bytes."""
            assert size is not None
            assert 0 <= size <= MAX_RECORD
            return super().read(size)

    words: list[str] = []
    assert list(read(Cautious(MAGIC + b"\xff" * 100), words.append)) == []
    assert len(words) == 1


@pytest.mark.parametrize("content", [b"PK\x03\x04 something else", MAGIC[:-1] + b"2", b"x"])
def test_a_foreign_file_is_refused(content: bytes) -> None:
    """A file that does not begin like a segment of this version is refused, with its first bytes."""
    with pytest.raises(DamagedSegmentError, match="not a segment: it opens with b'"):
        read_all(content)
