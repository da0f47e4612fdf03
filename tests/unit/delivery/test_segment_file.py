from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.segment_file import SegmentWriter, file_stem
from locust_push.wire import segment
from tests.unit.delivery.disk import full_disk


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SegmentWriter]:
    with closing(SegmentWriter(tmp_path / "a.segment")) as made:
        yield made


def records(path: Path) -> list[bytes]:
    """Return the contents of a segment, which must not be damaged."""
    damage: list[str] = []
    found = list(segment.read(BytesIO(path.read_bytes()), damage.append))
    assert damage == []
    return found


def test_records_are_on_disk_at_once(writer: SegmentWriter) -> None:
    """Appended records can be read while the file is still open, so they survive the end of the process."""
    assert [writer.append(b"one"), writer.append(b"two")] == [8, 8 + 8 + 3]
    assert records(writer.path) == [b"one", b"two"]
    assert writer.size == writer.path.stat().st_size == 8 + 2 * 11


def test_a_segment_is_never_added_to(writer: SegmentWriter) -> None:
    """An existing file is not changed, since it may end in an incomplete record."""
    writer.append(b"one")
    with pytest.raises(FileExistsError):
        SegmentWriter(writer.path)
    assert records(writer.path) == [b"one"]


@pytest.mark.parametrize("room", range(19, 19 + 28))
def test_a_record_that_does_not_fit_is_cut_off(writer: SegmentWriter, room: int) -> None:
    """If the disk becomes full within a record, the file is unchanged, and accepts records later."""
    writer.append(b"one")
    with full_disk(room), pytest.raises(OSError, match="File too large"):
        writer.append(b"x" * 20)
    assert records(writer.path) == [b"one"]
    assert writer.append(b"two") == 19
    assert records(writer.path) == [b"one", b"two"]


@pytest.mark.parametrize("room", range(8))
def test_a_segment_that_cannot_be_opened_is_not_there(tmp_path: Path, room: int) -> None:
    """A full disk leaves no incomplete segment, which would block the next attempt."""
    with full_disk(room), pytest.raises(OSError, match="File too large"):
        SegmentWriter(tmp_path / "a.segment")
    assert list(tmp_path.iterdir()) == []


class Interrupting(bytes):
    """Data whose writing is interrupted by Ctrl-C after some bytes."""

    def __getitem__(self, key: object) -> bytes:  # type: ignore[override]  # only what the writer needs
        if key == slice(0, None):
            return bytes(self)[:10]
        raise KeyboardInterrupt


def test_an_interrupted_write_is_cut_off(writer: SegmentWriter) -> None:
    """Ctrl-C within a write leaves the file unchanged."""
    writer.append(b"one")
    with pytest.raises(KeyboardInterrupt):
        writer._write(Interrupting(segment.record(b"two and more")))
    writer.append(b"three")
    assert records(writer.path) == [b"one", b"three"]


def test_its_state_is_in_its_repr(writer: SegmentWriter) -> None:
    """The representation has the path and the size."""
    assert repr(writer) == f"<SegmentWriter {writer.path}, 8 bytes>"


@pytest.mark.parametrize(
    ("instance", "stem"),
    [
        ("web-1", "web-1"),
        ("a.b_c", "a.b_c"),
        ("host:7", "host_7-"),
        ("a/b", "a_b-"),
        ("..", "-"),
        (".", "-"),
        ("a\0b", "a_b-"),
        ("/" * 4096, "_" * 100),
        ("ü" * 200, "_" * 100),
    ],
)
def test_a_file_name_for_an_instance(instance: str, stem: str) -> None:
    """Plain names are kept; others are cleaned, bounded, and get a hash."""
    assert file_stem(instance) == stem if stem == instance else file_stem(instance).startswith(stem)


@given(st.lists(st.text(min_size=1, max_size=150), unique=True, max_size=20))
def test_no_two_instances_share_a_file(instances: list[str]) -> None:
    """Any two names have different file names that are valid on any file system."""
    stems = [file_stem(instance) for instance in instances]
    assert len(set(stems)) == len(stems)
    assert all(0 < len(stem) <= 109 and stem[0] != "." and stem.isascii() for stem in stems)
    assert not any(set(stem) & set("/:\\ ") for stem in stems)
