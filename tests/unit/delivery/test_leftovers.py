from pathlib import Path

import pytest

from locust_push.delivery import leftovers
from locust_push.delivery.leftovers import Leftovers, find_leftovers, replay_command
from locust_push.delivery.spool import Spool
from tests.unit.delivery.fakes import payload

MIB = 1 << 20


def leave(root: Path, run: str, process: str = "host", size: int = 100) -> None:
    """Let a process of a run leave a payload of a given size."""
    spool = Spool(root / run / process, {"url": f"http://{process}/write"})
    spool.append(payload(1, size))
    spool.close()


def test_runs_and_sizes_are_found(tmp_path: Path) -> None:
    """All processes of all runs count, with the size of their records."""
    leave(tmp_path, "b", "one", 1000)
    leave(tmp_path, "b", "two", 1000)
    leave(tmp_path, "a", size=500)
    assert find_leftovers(tmp_path) == Leftovers(
        tmp_path, ("a", "b"), 2500 + 3 * 8, ("http://host/write", "http://one/write", "http://two/write")
    )


def test_nothing_is_found_in_nothing(tmp_path: Path) -> None:
    """A folder that is missing, empty, a file, or without records has no leftovers."""
    (tmp_path / "file").write_text("")
    (tmp_path / "R" / "host").mkdir(parents=True)
    (tmp_path / "R" / "host" / "001000.segment").write_bytes(b"LPUSHSG1")
    (tmp_path / "R" / "host" / "spool.json").write_text("{}")
    (tmp_path / "R" / "run.segment").write_bytes(b"x" * 100)
    for root in (tmp_path, tmp_path / "R", tmp_path / "file", tmp_path / "missing"):
        assert find_leftovers(root) is None


def test_the_effort_is_bounded(tmp_path: Path) -> None:
    """Beyond a number of segments no more are read."""
    folder = tmp_path / "R" / "host"
    folder.mkdir(parents=True)
    for number in range(leftovers.MAX_SEGMENTS + 5):
        (folder / f"{number:06}.segment").write_bytes(b"LPUSHSG1.")
    assert find_leftovers(tmp_path) == Leftovers(tmp_path, ("R",), leftovers.MAX_SEGMENTS, ("",))


@pytest.mark.parametrize(
    ("runs", "named", "folder", "typed"),
    [
        (("a",), "a", "my spool/a", "'my spool/a'"),
        (("a", "b"), "a, b", "my spool", "'my spool'"),
        (("a", "b", "c", "d", "e"), "a, b, c and 2 more", "my spool", "'my spool'"),
    ],
)
def test_the_line_says_what_to_type(runs: tuple[str, ...], named: str, folder: str, typed: str) -> None:
    """One line names some runs, the size, the folder, and a command that a shell accepts."""
    assert Leftovers(Path("my spool"), runs, 3 * MIB // 2, ("http://h/write",)).line() == (
        f"1.5 MiB of earlier runs ({named}) are undelivered in {folder}, "
        f"deliver them with: locust-push replay {typed} --push-url http://h/write"
    )


@pytest.mark.parametrize("url", ["", "file:runs"])
def test_what_was_for_an_archive_may_go_to_any_receiver(url: str) -> None:
    """Data of an archive has no receiver: the command has a placeholder for the URL."""
    assert replay_command(Path("spool/R"), url) == "locust-push replay spool/R --push-url http://RECEIVER/api/v1/write"


def test_each_url_has_its_command() -> None:
    """A run that pushed to two URLs has left data for both."""
    line = Leftovers(Path("spool"), ("R",), MIB, ("http://a/write", "http://b/write")).line()
    assert line.endswith(
        "locust-push replay spool/R --push-url http://a/write and locust-push replay spool/R --push-url http://b/write"
    )
