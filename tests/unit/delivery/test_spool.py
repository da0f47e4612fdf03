import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.files import claim, write_whole
from locust_push.delivery.segment_file import SUFFIX
from locust_push.delivery.spool import POSITION_SUFFIX, SEGMENT_BYTES, Spool
from locust_push.delivery.spool_folder import ABOUT_FILE
from locust_push.wire.payload import Payload
from tests.unit.delivery.disk import full_disk, no_descriptors, numbers
from tests.unit.delivery.fakes import payload

ABOUT = {"url": "http://receiver/write", "run_id": "R"}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spools" / "R" / "host", ABOUT)


def filled(spool: Spool, *payloads: Payload) -> Spool:
    for each in payloads:
        spool.append(each)
    return spool


def popped(spool: Spool) -> list[Payload]:
    """Take everything out."""
    found = []
    while head := spool.head():
        found.append(head)
        spool.pop()
    return found


def files(spool: Spool, suffix: str = SUFFIX) -> list[str]:
    return sorted(path.name for path in spool.folder.glob(f"*{suffix}"))


def test_nothing_is_on_disk_before_the_first_payload(spool: Spool, tmp_path: Path) -> None:
    """A spool that was not used leaves no files, closed or not."""
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_payloads_come_back_whole_and_in_order(spool: Spool) -> None:
    """Payloads are read back unchanged, oldest first, with their samples and time."""
    payloads = [payload(number, size=number, samples=number * 3) for number in range(1, 50)]
    assert popped(filled(spool, *payloads)) == payloads


def test_the_head_stays_until_popped(spool: Spool) -> None:
    """Reading does not remove a payload; popping returns the samples of the removed one."""
    filled(spool, payload(1, samples=7), payload(2))
    assert spool.head() == spool.head() == payload(1, samples=7)
    assert spool.pop() == 7
    assert spool.head() == payload(2)


def test_an_empty_spool_has_no_head(spool: Spool) -> None:
    """The head of an empty spool is None, before and after use."""
    assert spool.head() is None
    filled(spool, payload(1)).pop()
    assert spool.head() is None


def test_it_says_what_it_holds(spool: Spool) -> None:
    """The file spool.json beside the segments has the given description."""
    filled(spool, payload(1))
    assert json.loads((spool.folder / ABOUT_FILE).read_text()) == ABOUT


def test_an_emptied_spool_leaves_nothing(spool: Spool, tmp_path: Path) -> None:
    """When all is delivered its folder is deleted, and that of the run if no other process needs it."""
    other = filled(Spool(tmp_path / "spools" / "R" / "other", ABOUT), payload(1))
    popped(filled(spool, payload(1), payload(2)))
    assert list((tmp_path / "spools" / "R").iterdir()) == [other.folder]
    popped(other)
    assert list((tmp_path / "spools").iterdir()) == []


def test_it_can_be_used_again(spool: Spool) -> None:
    """An emptied spool accepts payloads as before."""
    popped(filled(spool, payload(1)))
    filled(spool, payload(2))
    assert (spool.folder / ABOUT_FILE).exists()
    assert popped(spool) == [payload(2)]


def test_segments_roll_over_and_are_freed(spool: Spool) -> None:
    """A full segment is followed by another one, and deleted with the last of its payloads."""
    size = SEGMENT_BYTES // 2
    filled(spool, *(payload(number, size) for number in range(5)))
    assert files(spool) == ["001000.segment", "001001.segment", "001002.segment"]
    spool.pop()
    assert len(files(spool)) == 3
    spool.pop()
    assert files(spool) == ["001001.segment", "001002.segment"]
    assert [each.timestamp_ms for each in popped(spool)] == [2, 3, 4]


def test_closing_notes_what_was_delivered(spool: Spool) -> None:
    """A replay after the end continues where delivery stopped."""
    filled(spool, payload(1), payload(2), payload(3))
    spool.pop()
    spool.close()
    assert files(spool, POSITION_SUFFIX) == ["001000.position"]
    assert numbers(spool.folder) == [2, 3]


def test_it_is_claimed_until_the_notes_are_written(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay that waits for the process must not begin before the positions are written."""
    filled(spool, payload(1), payload(2)).pop()
    claims = []

    def write(path: Path, text: str) -> None:
        claims.append(claim(spool.folder / ABOUT_FILE))
        write_whole(path, text)

    monkeypatch.setattr("locust_push.delivery.spool.write_whole", write)
    spool.close()
    assert claims == [None]
    with claim(spool.folder / ABOUT_FILE) or pytest.fail("nobody has it any more"):
        pass


def test_two_payloads_can_change_places(spool: Spool) -> None:
    """After a swap the second payload comes first, also across segments; a replay misses neither."""
    filled(spool, payload(1, SEGMENT_BYTES), payload(2), payload(3))
    assert spool.swap()
    assert spool.head() == payload(2)
    assert spool.pop() == 1
    spool.close()
    assert numbers(spool.folder) == [1, 3]
    assert [each.timestamp_ms for each in popped(spool)] == [1, 3]


def test_one_payload_has_nothing_to_change_places_with(spool: Spool) -> None:
    """An empty spool, or a single payload, cannot be swapped."""
    assert not spool.swap()
    assert not filled(spool, payload(1)).swap()


def test_room_is_made_by_whole_segments(tmp_path: Path) -> None:
    """The oldest segments are dropped with their contents, the newest one only if there is no other way."""
    spool = filled(Spool(tmp_path / "R" / "host", ABOUT, limit_bytes=400), *map(payload, range(8)))
    assert spool.make_room(50) == []
    gone = spool.make_room(400 - spool.disk_bytes + 1)
    assert gone
    assert numbers(spool.folder) == list(range(len(gone), 8))
    spool.make_room(300)
    assert numbers(spool.folder) == [6, 7]
    spool.make_room(380)
    assert (spool.waiting, numbers(spool.folder)) == (0, [])
    assert popped(filled(spool, payload(8))) == [payload(8)]


def test_a_payload_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    """Nothing is dropped for it."""
    spool = filled(Spool(tmp_path / "R" / "host", ABOUT, limit_bytes=400), payload(1))
    with pytest.raises(OSError, match="larger than --push-spool-limit"):
        spool.make_room(400)
    assert popped(spool) == [payload(1)]


@pytest.mark.parametrize("delivered", [False, True])
def test_the_disk_never_holds_more_than_the_limit(tmp_path: Path, *, delivered: bool) -> None:
    """Not even while what was dropped, or delivered, waits for its deletion."""
    jobs: list[Callable[[], None]] = []
    spool = Spool(tmp_path / "R" / "host", ABOUT, limit_bytes=400, later=jobs.append)
    for number in range(100):
        spool.make_room(number)
        spool.append(Payload(b"x" * number, 1, number))
        if delivered and number % 3:
            spool.pop()
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.segment")) <= 400


def test_what_takes_long_is_left_to_others(tmp_path: Path) -> None:
    """Syncing and deletion happen later, or when the spool is closed."""
    jobs: list[Callable[[], None]] = []
    spool = filled(Spool(tmp_path / "R" / "host", ABOUT, later=jobs.append), payload(1), payload(2))
    assert len(jobs) == 1
    popped(spool)
    assert len(jobs) == 3
    filled(spool, payload(3))
    assert spool.folder.name == "host.2"
    assert popped(spool) == [payload(3)]
    spool.close()
    assert not (tmp_path / "R").exists()
    for job in jobs:
        with suppress(OSError):
            job()


@pytest.mark.parametrize("link", ["spools", "spools/R"])
def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path, link: str) -> None:
    """With a dangling link as a parent folder, appending fails instead of searching endlessly."""
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "gone")
    spool = Spool(tmp_path / "spools" / "R" / "host", ABOUT)
    with pytest.raises(FileExistsError):
        spool.append(payload(1))
    assert spool.samples == 0


def test_without_delivery_there_is_no_note(spool: Spool) -> None:
    """A spool without deliveries contains only segments and spool.json."""
    filled(spool, payload(1)).close()
    assert sorted(path.name for path in spool.folder.iterdir()) == ["001000.segment", ABOUT_FILE]


def test_a_note_that_cannot_be_written_does_no_harm(spool: Spool) -> None:
    """On a full disk a spool closes without its position; a replay then begins at the segment's start."""
    filled(spool, payload(1), payload(2)).pop()
    with full_disk():
        spool.close()
    assert numbers(spool.folder) == [1, 2]


@pytest.mark.parametrize("times", [2, 3])
def test_an_earlier_process_of_the_same_name_keeps_its_spool(tmp_path: Path, times: int) -> None:
    """If an earlier process left a folder, a later one takes another and does not change it."""
    for number in range(times):
        filled(Spool(tmp_path / "R" / "host", ABOUT), payload(number)).close()
    folders = sorted(path for path in (tmp_path / "R").iterdir())
    assert [folder.name for folder in folders] == ["host", "host.2", "host.3"][:times]
    assert [numbers(folder) for folder in folders] == [[number] for number in range(times)]


def test_a_name_is_given_up_with_the_folder(spool: Spool) -> None:
    """An emptied spool takes another name if another process uses its own by now."""
    popped(filled(spool, payload(1)))
    other = filled(Spool(spool.folder, ABOUT), payload(2))
    filled(spool, payload(3))
    assert (spool.folder.name, popped(spool), popped(other)) == ("host.2", [payload(3)], [payload(2)])


def test_a_folder_that_was_replaced_is_left_alone(spool: Spool) -> None:
    """If something else has the name of the folder by now, the next free name is used."""
    folder = filled(spool, payload(1, SEGMENT_BYTES)).folder
    other = filled(Spool(folder, ABOUT), payload(2))
    assert other.folder.name == "host.2"
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("a file")
    filled(spool, payload(3))
    assert spool.folder.name == "host.3"
    assert folder.read_text() == "a file"


def test_one_segment_is_open_at_a_time(spool: Spool) -> None:
    """A spool keeps one segment and its claim open, whatever its size, and nothing when it is closed."""
    filled(spool, *(payload(number, SEGMENT_BYTES) for number in range(3)))
    assert sorted(path.resolve().name for path in descriptors(spool)) == ["001002.segment", ABOUT_FILE]
    spool.close()
    assert descriptors(spool) == []


def descriptors(spool: Spool) -> list[Path]:
    """Return the files in the folder that this process has open."""
    held = [link for link in Path("/proc/self/fd").iterdir() if link.exists()]
    return [link for link in held if link.resolve().is_relative_to(spool.folder.resolve())]


def test_a_folder_that_was_deleted_is_made_again(spool: Spool) -> None:
    """Deleting the folder loses its contents, but not later payloads."""
    size = SEGMENT_BYTES
    filled(spool, payload(1, size))
    for file in spool.folder.iterdir():
        file.unlink()
    spool.folder.rmdir()
    filled(spool, payload(2))
    with pytest.raises(FileNotFoundError):
        spool.head()
    spool.pop()
    assert popped(spool) == [payload(2)]


@pytest.mark.parametrize("room", [0, 4, 8, 30, 60])
def test_a_full_disk_tears_nothing(spool: Spool, room: int) -> None:
    """An incomplete record is removed, and records that follow when there is space can be read."""
    with full_disk(room):
        written = [number for number in range(5) if appended(spool, payload(number, 20))]
    assert (spool.samples, spool.bytes) == (len(written), 20 * len(written))
    filled(spool, payload(7), payload(8)).close()
    assert numbers(spool.folder) == [*written, 7, 8]
    assert json.loads((spool.folder / ABOUT_FILE).read_text()) == ABOUT


def test_a_full_disk_can_be_emptied_in_vain(spool: Spool, tmp_path: Path) -> None:
    """A spool that could not write anything leaves no files."""
    with full_disk(100):
        assert not appended(spool, payload(1, 1000))
    spool.close()
    assert not (tmp_path / "spools" / "R").exists()


def test_an_append_that_failed_does_not_hold_the_folder(spool: Spool, tmp_path: Path) -> None:
    """An empty segment after a failed write is deleted with the rest."""
    filled(spool, payload(1, SEGMENT_BYTES))
    with full_disk(100):
        assert not appended(spool, payload(2, 1000))
    spool.pop()
    assert not (tmp_path / "spools" / "R").exists()
    assert popped(filled(spool, payload(3))) == [payload(3)]


def appended(spool: Spool, each: Payload) -> bool:
    try:
        spool.append(each)
    except OSError:
        return False
    return True


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """If a file takes the place of the folder, appending fails, and the spool stays empty."""
    (tmp_path / "spools").write_text("")
    spool = Spool(tmp_path / "spools" / "R" / "host", ABOUT)
    with pytest.raises(NotADirectoryError):
        spool.append(payload(1))
    assert (spool.samples, spool.bytes) == (0, 0)
    spool.close()


def test_a_damaged_record_is_told_and_can_be_passed(spool: Spool) -> None:
    """A changed record is an error with its position; later ones are unaffected."""
    filled(spool, payload(1), payload(2), payload(3))
    spool.pop()
    path = spool.folder / files(spool)[0]
    content = bytearray(path.read_bytes())
    content[content.index(b"2")] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"001000\.segment: the record at byte 26 is damaged"):
        spool.head()
    spool.pop()
    assert popped(spool) == [payload(3)]


@pytest.mark.parametrize("left", [0, 8, 12, 25])
def test_a_truncated_segment_is_damage(spool: Spool, left: int) -> None:
    """A missing or incomplete record is an error like damage."""
    filled(spool, payload(1))
    path = spool.folder / files(spool)[0]
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(OSError, match="the record at byte 8 is damaged"):
        spool.head()


def test_without_descriptors_nothing_is_forgotten(spool: Spool) -> None:
    """A read that fails because of too many open files can be repeated."""
    filled(spool, payload(1))
    with no_descriptors(), pytest.raises(OSError, match="Too many open files"):
        spool.head()
    assert spool.head() == payload(1)


def test_what_cannot_be_deleted_stays(spool: Spool) -> None:
    """A segment that cannot be deleted is not an error."""
    filled(spool, payload(1, SEGMENT_BYTES), payload(2))
    path = spool.folder / "001000.segment"
    path.unlink()
    path.mkdir()
    spool.pop()
    assert spool.head() == payload(2)


steps = st.lists(st.tuples(st.sampled_from(["append", "append", "pop", "full"]), st.integers(1, 40), st.integers(1, 9)))


@given(steps)
def test_it_is_a_queue_whatever_happens(steps: list[tuple[str, int, int]]) -> None:
    """Any sequence of operations, with a disk that is full at times, behaves like a deque, in memory and on disk."""
    with TemporaryDirectory() as root:
        spool, model = Spool(Path(root) / "R" / "host", ABOUT), deque[Payload]()
        for number, (step, size, samples) in enumerate(steps):
            do(spool, model, step, payload(number, size, samples))
            assert spool.head() == (model[0] if model else None)
            assert spool.samples == sum(each.samples for each in model)
            assert spool.bytes == sum(len(each.body) for each in model)
            assert bool(model) == spool.folder.exists()
        spool.close()
        assert numbers(spool.folder) == [each.timestamp_ms for each in model]


def do(spool: Spool, model: deque[Payload], step: str, each: Payload) -> None:
    if step == "append":
        spool.append(each)
        model.append(each)
    elif step == "pop" and model:
        assert spool.pop() == model.popleft().samples
    elif step == "full" and model:
        with full_disk(7):
            assert not appended(spool, each)


def test_a_file_that_may_not_grow_is_followed_by_another(spool: Spool) -> None:
    """What does not fit into a segment by a limit of the process fails once, and fits into the next one."""
    with full_disk(100):
        spool.append(payload(1, size=60))
        with pytest.raises(OSError, match="File too large"):
            spool.append(payload(2, size=60))
        spool.append(payload(2, size=60))
    assert [len(files(spool)), numbers(spool.folder)] == [2, [1, 2]]
