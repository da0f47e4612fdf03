import subprocess
import sys
from pathlib import Path

import pytest

from locust_push.delivery.files import claim, write_whole
from tests.unit.delivery.disk import full_disk


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """The new text replaces the old one, and no other file is left."""
    path = tmp_path / "a.json"
    write_whole(path, "old")
    write_whole(path, "new, ü")
    assert path.read_text(encoding="utf-8") == "new, ü"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("room", [0, 5])
def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, room: int) -> None:
    """On a full disk the old text stays, without a part of the new one."""
    path = tmp_path / "a.json"
    path.write_text("old")
    with full_disk(room), pytest.raises(OSError, match="File too large"):
        write_whole(path, "a longer text")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_claimed_by_one_at_a_time(tmp_path: Path) -> None:
    """A second claim fails until the first one is released."""
    path = tmp_path / "a.json"
    path.write_text("{}")
    with claim(path) or pytest.fail("nobody has it") as held:
        assert claim(path) is None
        assert held.read() == b"{}"
    with claim(path) or pytest.fail("nobody has it any more"):
        pass


def test_a_claim_ends_with_its_process(tmp_path: Path) -> None:
    """A claim also ends when the process is killed."""
    path = tmp_path / "a.json"
    path.write_text("{}")
    hold = f"from locust_push.delivery.files import claim; held = claim(__import__('pathlib').Path({str(path)!r}))"
    command = [sys.executable, "-c", f"{hold}; print('held', flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert claim(path) is None
        holder.kill()
        holder.wait()
    with claim(path) or pytest.fail("its holder is dead"):
        pass
