import json
from pathlib import Path

import pytest

from locust_push.delivery.recordings import ARCHIVED, Playback, Recording, Refusals, choose, find_recordings
from locust_push.delivery.segment_file import SegmentWriter, by_process, file_stem, new_segment
from locust_push.delivery.spool import Spool
from locust_push.delivery.verdict import Rejected
from locust_push.wire.payload import Payload
from tests.unit.delivery.fakes import payload

URL = "http://receiver/api/v1/write"


def spool(root: Path, *bodies: bytes, url: str = URL, protocol: str = "remote-write", instance: str = "w") -> Path:
    """Leave a spool as a run does; return the folder of the process."""
    about = {"url": url, "protocol": protocol, "job": "locust", "run_id": "R", "instance": instance}
    left = Spool(root / "R" / f"{file_stem(instance)}.{len(url)}", about)
    for body in bodies:
        left.append(Payload(body, 1, 0))
    left.close()
    return left.folder


def archive(root: Path, *bodies: bytes, stem: str = "w") -> Path:
    """Write one segment of an archive."""
    (root / "R").mkdir(parents=True, exist_ok=True)
    writer = new_segment(root / "R", stem)
    for body in bodies:
        writer.append(body)
    writer.close()
    return writer.path


def silent(problem: str) -> None:
    raise AssertionError(problem)


def found(root: Path) -> list[Recording]:
    return find_recordings(root, silent)


def only(root: Path) -> Recording:
    (recording,) = found(root)
    return recording


def play(root: Path, url: str = URL) -> list[bytes]:
    """Play everything to the end."""
    playbacks = [Playback(recording, url, silent) for recording in found(root)]
    bodies = [body for playback in playbacks for body in playback.bodies()]
    for playback in playbacks:
        playback.close(root)
    return bodies


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("depth", ["", "R", f"R/w.{len(URL)}"])
def test_a_spool_is_found_whole_by_run_and_by_process(depth: str, tmp_path: Path) -> None:
    """Each of the three folders is accepted, and its contents are found."""
    spool(tmp_path, b"1", b"2")
    assert list(Playback(only(tmp_path / depth), URL, silent).bodies()) == [b"1", b"2"]


@pytest.mark.parametrize("depth", ["", "R"])
def test_an_archive_is_found_whole_and_by_run(depth: str, tmp_path: Path) -> None:
    """Each process is a separate recording, with its segments in the order of creation."""
    for number in range(11):
        archive(tmp_path, b"%d" % number)
    archive(tmp_path, b"x", stem="v")
    bodies = [list(Playback(one, URL, silent).bodies()) for one in found(tmp_path / depth)]
    assert sorted(bodies) == sorted([[b"x"], [b"%d" % number for number in range(11)]])


def test_a_process_that_is_called_like_a_second_segment_is_itself() -> None:
    """A number at the end of a name has a meaning only if the name without it exists."""
    assert by_process([Path("a.2.segment"), Path("b.segment")]) == [[Path("a.2.segment")], [Path("b.segment")]]


def test_what_was_played_goes_out_of_a_spool(tmp_path: Path) -> None:
    """Segments, positions and folders are deleted; the folder that the user named stays, for the next replay."""
    spool(tmp_path, b"1", b"2")
    assert play(tmp_path) == [b"1", b"2"]
    assert list(tmp_path.iterdir()) == []
    assert play(tmp_path) == []


def test_an_archive_is_not_changed(tmp_path: Path) -> None:
    """It can be played again from its beginning, to the same or another URL."""
    before = archive(tmp_path, b"1", b"2").read_bytes()
    assert play(tmp_path) == play(tmp_path) == [b"1", b"2"]
    assert files(tmp_path) == ["w.segment"]
    assert (tmp_path / "R" / "w.segment").read_bytes() == before


@pytest.mark.parametrize("make", [spool, archive])
def test_an_interrupted_playback_goes_on_with_what_was_not_done(make: object, tmp_path: Path) -> None:
    """The last requested payload is not marked as finished before the next is requested."""
    assert callable(make)
    make(tmp_path, b"1", b"2", b"3")
    first = Playback(only(tmp_path), URL, silent).bodies()
    assert [next(first), next(first)] == [b"1", b"2"]
    first.close()  # type: ignore[attr-defined]  # a generator
    assert play(tmp_path) == [b"2", b"3"]


def test_an_archive_remembers_each_url_apart(tmp_path: Path) -> None:
    """An interrupted replay to one URL does not affect another."""
    archive(tmp_path, b"1", b"2")
    first = Playback(only(tmp_path), URL, silent).bodies()
    assert [next(first), next(first)] == [b"1", b"2"]
    assert play(tmp_path, "http://other/write") == [b"1", b"2"]


def test_a_restart_begins_at_the_beginning(tmp_path: Path) -> None:
    """Positions of an earlier replay are deleted."""
    archive(tmp_path, b"1", b"2")
    playback = Playback(only(tmp_path), URL, silent)
    first = playback.bodies()
    assert [next(first), next(first)] == [b"1", b"2"]
    playback.restart()
    assert play(tmp_path) == [b"1", b"2"]


@pytest.mark.parametrize("note", ["", "soon", "-1", "3", "99999"])
def test_a_note_that_cannot_be_is_no_note(note: str, tmp_path: Path) -> None:
    """Then everything is played again, which is harmless."""
    folder = spool(tmp_path, b"1", b"2")
    (folder / "001000.position").write_text(note)
    assert play(tmp_path) == [b"1", b"2"]


def test_a_torn_end_is_skipped_with_a_word(tmp_path: Path) -> None:
    """Records before the damage are played, and the segment is finished."""
    folder = spool(tmp_path, b"1", b"2")
    path = folder / "001000.segment"
    path.write_bytes(path.read_bytes()[:-1])
    told: list[str] = []
    playback = Playback(only(tmp_path), URL, told.append)
    assert list(playback.bodies()) == [b"1"]
    assert len(told) == 1
    assert files(folder) == ["spool.json"]


def test_a_damaged_segment_is_set_aside_with_a_word(tmp_path: Path) -> None:
    """Data behind the damage is not deleted, and not played again."""
    folder = spool(tmp_path, b"1", b"2222", b"3")
    path = folder / "001000.segment"
    path.write_bytes(path.read_bytes().replace(b"2222", b"2212"))
    told: list[str] = []
    playback = Playback(only(tmp_path), URL, told.append)
    assert list(playback.bodies()) == [b"1"]
    playback.close(tmp_path)
    assert len(told) == 1
    assert files(folder) == ["001000.damaged", "spool.json"]
    assert found(tmp_path) == []


@pytest.mark.parametrize("about", ["", "[]", "{}", '{"protocol": "fax", "job": "", "run_id": "", "instance": ""}'])
def test_a_spool_that_does_not_say_what_it_is_stays(about: str, tmp_path: Path) -> None:
    """It is reported, and not changed."""
    folder = spool(tmp_path, b"1")
    (folder / "spool.json").write_text(about)
    told: list[str] = []
    assert find_recordings(tmp_path, told.append) == []
    assert len(told) == 1


def test_data_for_this_very_url_goes_there_alone(tmp_path: Path) -> None:
    """A run that pushed to two URLs left the same data for both: only its own is delivered to each."""
    spool(tmp_path, b"1", url=URL)
    spool(tmp_path, b"1", url="http://other.example/write")
    chosen, left = choose(found(tmp_path), URL, [ARCHIVED])
    assert [one.url for one in chosen] == [URL]
    assert [one.url for one in left] == ["http://other.example/write"]


def test_where_the_receiver_has_moved_all_data_goes(tmp_path: Path) -> None:
    """A URL without its own recordings gets all of its protocol."""
    spool(tmp_path, b"1", url="http://old.example/write")
    spool(tmp_path, b"1", url="http://older.example/write")
    spool(tmp_path, b"m 1\n", url="http://gateway", protocol="pushgateway")
    chosen, left = choose(found(tmp_path), URL, [ARCHIVED])
    assert len(chosen) == 2
    assert [one.protocol for one in left] == ["pushgateway"]


def test_what_is_refused_stays_with_the_reason(tmp_path: Path) -> None:
    """Refused data is in a segment beside the spool, which can be sent again, before newer data."""
    folder = spool(tmp_path, b"new")
    for number in (1, 2):
        refusals = Refusals(only(tmp_path))
        refusals.keep(payload(number, samples=7), Rejected("http_400", "out of bounds"))
        refusals.close()
    assert files(folder) == ["001000.segment", "refused.2.segment", "refused.segment", "refused.txt", "spool.json"]
    assert (
        (folder / "refused.txt")
        .read_text()
        .splitlines()[0]
        .endswith("7 samples up to 1970-01-01T00:00:00Z: http_400: out of bounds")
    )
    assert [path.name for path in only(tmp_path).segments] == ["001000.segment"]
    (again,) = find_recordings(tmp_path, silent, refused=True)
    assert [path.name for path in again.segments] == ["refused.segment", "refused.2.segment", "001000.segment"]


def test_what_is_refused_of_an_archive_is_in_the_archive(tmp_path: Path) -> None:
    """Nothing is written beside an archive."""
    archive(tmp_path, b"1")
    Refusals(only(tmp_path)).keep(payload(1), Rejected("http_400", "out of bounds"))
    assert files(tmp_path) == ["w.segment"]


def test_a_new_segment_never_adds_to_an_old_one(tmp_path: Path) -> None:
    """An earlier file of refused data may end in an incomplete record."""
    SegmentWriter(tmp_path / "a.segment").close()
    assert new_segment(tmp_path, "a").path.name == "a.2.segment"
    assert json.dumps(files(tmp_path)) == '["a.2.segment", "a.segment"]'


def test_the_payload_behind_can_be_looked_at(tmp_path: Path) -> None:
    """The following payload is returned without being taken, also from the next segment; None after the last."""
    path = archive(tmp_path, b"1", b"2")
    archive(tmp_path, b"3")
    playback = Playback(only(tmp_path), URL, silent)
    assert playback.following() is None
    followed = [(body, playback.following()) for body in playback.bodies()]
    assert followed == [(b"1", b"2"), (b"2", b"3"), (b"3", None)]
    assert path.exists()
