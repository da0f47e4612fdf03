from pathlib import Path

import pytest

from locust_push.delivery.files import write_whole
from tests.unit.delivery.disk import full_disk


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """The new text stands in place of the old one, and nothing else is left."""
    path = tmp_path / "a.json"
    write_whole(path, "old")
    write_whole(path, "new, ü")
    assert path.read_text(encoding="utf-8") == "new, ü"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("room", [0, 5])
def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, room: int) -> None:
    """On a full disk the old text stays, and no part of the new one."""
    path = tmp_path / "a.json"
    path.write_text("old")
    with full_disk(room), pytest.raises(OSError, match="File too large"):
        write_whole(path, "a longer text")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
