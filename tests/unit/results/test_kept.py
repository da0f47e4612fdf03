"""Kept results of an archive: they are read while they are those of the segments, and never instead of these."""

import json
from dataclasses import replace
from hashlib import blake2s
from pathlib import Path

import pytest

from locust_push.core import metrics
from locust_push.core.series import Metric, MetricType, Series
from locust_push.results.model import RunResults
from locust_push.results.sources import kept
from locust_push.results.sources.archive import Archive
from tests.unit.results import archives
from tests.unit.results.archives import START, bucket, description, requests, told

OWN = Series(Metric("carts", MetricType.GAUGE, "Carts."), (("kind", "é\u2028\n"),))


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    """The segment of a run that has ended, with something of all that results can hold."""
    users = Series(metrics.CURRENT_USERS, ())
    failed = archives.series(metrics.REQUEST_FAILURES, "GET", "/a", ("error", "HTTP 503"))
    buckets = [bucket("GET", "/a", "0.1", 3), bucket("GET", "/a", "+Inf", 7)]
    tick = [(users, 2.0), requests("GET", "/a", 4), requests("GET", "/a", 3, "failure"), (failed, 3.0), *buckets]
    end = [*tick, (OWN, 0.1), told("GET", "/a", "0.95", 0.123), (Series(metrics.WORKERS, (("state", "missing"),)), 1.0)]
    return archives.write(tmp_path, "r", tick, end, describe=description(START, START + 2.5))


def read(folder: Path, warmup: float | None = None) -> tuple[RunResults, bool]:
    """Return the results of the run, and whether its segments were read for them."""
    progress: list[int] = []
    found = Archive(folder, print, progress=lambda done, _: progress.append(done)).read("r", warmup=warmup)
    return found, bool(progress)


def test_a_run_is_read_from_its_segments_once(tmp_path: Path, segment: Path) -> None:
    """The second time all of it comes from what was kept, and equals what the segments gave."""
    first, by_segments = read(tmp_path)
    again, by_segments_again = read(tmp_path)
    assert (by_segments, by_segments_again) == (True, False)
    assert repr(again) == repr(first), "also NaN, which equals nothing"
    assert (again.aggregated.requests, again.lost_workers, again.instances) == (7, 1, ("worker:1",))
    assert again.own[0].labels == {"kind": "é\u2028\n"}
    assert segment.is_file()


def test_a_segment_that_arrives_later_counts(tmp_path: Path, segment: Path) -> None:
    """A worker whose machine was slower to write is in the next results, and these are kept then."""
    read(tmp_path)
    archives.write(tmp_path, "r", [requests("GET", "/a", 10)], instance="worker:2")
    results, by_segments = read(tmp_path)
    assert (results.aggregated.requests, by_segments) == (17, True)
    assert not read(tmp_path)[1]
    assert segment.is_file()


def test_a_segment_that_grew_or_went_counts(tmp_path: Path, segment: Path) -> None:
    """Results are those of segments of the same names and sizes only."""
    read(tmp_path)
    other = archives.write(tmp_path, "r2", [requests("GET", "/a", 1)], describe={})
    segment.write_bytes(segment.read_bytes() + other.read_bytes()[8:])
    assert read(tmp_path)[1]
    segment.rename(segment.with_name("other.segment"))
    assert read(tmp_path)[1]


def test_another_start_or_end_of_the_run_counts(tmp_path: Path, segment: Path) -> None:
    """Rates and times are by run.json, and a verdict that is noted there changes none of them."""
    read(tmp_path)
    run_file = segment.with_name("run.json")
    run_file.write_text(json.dumps({**json.loads(run_file.read_text()), "gate_met": False}))
    results, by_segments = read(tmp_path)
    assert (results.run.gate_met, by_segments) == (False, False)
    run_file.write_text(json.dumps({**json.loads(run_file.read_text()), "end_time": START + 7.0}))
    results, by_segments = read(tmp_path)
    assert (results.aggregated.requests_per_second, by_segments) == (1.0, True)


def test_damage_never_changes_a_result(tmp_path: Path, segment: Path) -> None:
    """Whatever byte of the file is another one, the results are those of the segments."""
    truth, _ = read(tmp_path)
    file = segment.with_name(kept.KEPT_FILE)
    whole = file.read_bytes()
    for place in range(0, len(whole), 13):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert repr(read(tmp_path)[0]) == repr(truth), place


@pytest.mark.parametrize("content", [b"", b"{}", b"[[", b"\xff\n\xfe\n", b"1\n2\n3\n", b"[" * 100_000])
def test_a_foreign_file_is_replaced(tmp_path: Path, segment: Path, content: bytes) -> None:
    """A foreign file with that name is not an error."""
    segment.with_name(kept.KEPT_FILE).write_bytes(content)
    assert read(tmp_path)[0].aggregated.requests == 7
    assert not read(tmp_path)[1]


def test_what_another_version_kept_is_not_taken(tmp_path: Path, segment: Path) -> None:
    """A version may read more out of the same segments than the one before it."""
    read(tmp_path)
    file = segment.with_name(kept.KEPT_FILE)
    head, body = file.read_text().splitlines()
    file.write_text(json.dumps(["0.0.1", *json.loads(head)[1:]]) + f"\n{body}\n")
    assert read(tmp_path)[1]


def test_results_with_other_fields_are_not_taken(tmp_path: Path, segment: Path) -> None:
    """As a version under development leaves them in an archive."""
    read(tmp_path)
    file = segment.with_name(kept.KEPT_FILE)
    head, body = file.read_text().splitlines()
    body = body.replace('"method"', '"verb"')
    digest = blake2s(body.encode(), digest_size=16).hexdigest()
    file.write_text(json.dumps([*json.loads(head)[:-1], digest]) + f"\n{body}\n")
    results, by_segments = read(tmp_path)
    assert (results.aggregated.requests, by_segments) == (7, True)


def test_another_warm_up_is_read_from_the_segments(tmp_path: Path, segment: Path) -> None:
    """Results without a beginning that only one reader excludes are not kept for others."""
    whole, _ = read(tmp_path)
    for _ in range(2):
        part, by_segments = read(tmp_path, warmup=0.6)
        assert by_segments
        assert part.run.judged_from == START + 0.6
    assert repr(read(tmp_path)) == repr((whole, False))
    assert segment.is_file()


def test_nothing_is_kept_of_a_run_without_an_end(tmp_path: Path) -> None:
    """Results of a run without an end are not kept, since it may be in progress."""
    archives.write(tmp_path, "r", [requests("GET", "/a", 1)], describe=description(START, None))
    assert [read(tmp_path)[1] for _ in range(2)] == [True, True]
    assert not (tmp_path / "r" / kept.KEPT_FILE).exists()


def test_nothing_is_kept_of_a_damaged_segment(tmp_path: Path, segment: Path) -> None:
    """Damage is reported at each read of the run."""
    segment.write_bytes(segment.read_bytes()[:-3])
    warnings: list[str] = []
    for _ in range(2):
        Archive(tmp_path, warnings.append).read("r")
    assert len(warnings) == 2


def test_an_archive_that_cannot_be_written_is_read(tmp_path: Path, segment: Path) -> None:
    """If the results cannot be kept, they are read nevertheless."""
    segment.with_name(kept.KEPT_FILE).mkdir()
    results, _ = read(tmp_path)
    assert replace(results, series=()) == replace(read(tmp_path)[0], series=())
