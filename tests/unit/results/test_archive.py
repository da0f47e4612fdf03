"""Reading archives: the data is that which was written, and damage affects only its place."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from locust_push.results.names import UnknownRunError
from locust_push.results.sources.archive import Archive
from tests.unit.results import archives
from tests.unit.results.archives import (
    START,
    bucket,
    description,
    requests,
    told,
)


class Reader:
    """An archive, and its warnings."""

    def __init__(self, directory: Path) -> None:
        self.warnings: list[str] = []
        self.archive = Archive(directory, self.warnings.append)

    @property
    def run_ids(self) -> Sequence[str]:
        """Return the IDs of its runs, in order."""
        return [run.run_id for run in self.archive.list()]


def test_requests_are_summed_over_processes(tmp_path: Path) -> None:
    """The counts of a run are the sums over its processes, including failures."""
    archives.write(tmp_path, "r", [requests("GET", "/a", 1)], [requests("GET", "/a", 7)])
    archives.write(tmp_path, "r", [requests("GET", "/a", 5), requests("GET", "/a", 2, "failure")], instance="worker:2")
    reader = Reader(tmp_path)
    summary = reader.archive.read("r")
    (row,) = summary.rows
    assert (row.method, row.name, row.requests, row.failures) == ("GET", "/a", 14, 2)
    assert (summary.aggregated.requests, summary.aggregated.failures) == (14, 2)
    assert reader.warnings == []


def test_segments_of_one_instance_are_summed(tmp_path: Path) -> None:
    """A restarted process with the same name begins at 0, in a separate segment."""
    for count in (3, 4):
        archives.write(tmp_path, "r", [requests("GET", "/a", count)])
    assert Reader(tmp_path).archive.read("r").aggregated.requests == 7


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    """The order is that of the start times in run.json, not of names or files."""
    for run_id, start in (("b", START + 10), ("a", START + 20), ("c", START)):
        archives.write(tmp_path, run_id, [requests("GET", "/", 1)], describe=description(start, start + 5.0))
    assert Reader(tmp_path).run_ids == ["a", "b", "c"]


def test_what_run_json_tells_is_kept(tmp_path: Path) -> None:
    """A run has start, end and the labels of locust_run_info."""
    archives.write(
        tmp_path, "r", [requests("GET", "/", 1)], describe=description(START, START + 2.5, host="http://shop")
    )
    (run,) = Reader(tmp_path).archive.list()
    assert (run.start_time, run.duration, run.info) == (START, 2.5, {"host": "http://shop"})


def test_a_run_without_run_json_is_listed_by_its_first_sample(tmp_path: Path) -> None:
    """A run without run.json is listed by its first sample, and lasts until its last one."""
    archives.write(tmp_path, "old", [requests("GET", "/", 1)], describe=description(START - 60, START - 50))
    archives.write(tmp_path, "lone", [requests("GET", "/", 3)])
    reader = Reader(tmp_path)
    assert reader.run_ids == ["lone", "old"]
    lone = reader.archive.read("latest")
    assert (lone.run.start_time, lone.run.duration, lone.aggregated.requests) == (START - 0.5, 0.5, 3)


@pytest.mark.parametrize("content", ["{", "[]", '{"start_time": "soon"}', '{"info": 7}', ""])
def test_a_broken_run_json_costs_one_warning(tmp_path: Path, content: str) -> None:
    """With an unreadable run.json the results come from the segments, with one warning."""
    archives.write(tmp_path, "r", [requests("GET", "/", 3)], describe=description(START, None))
    (tmp_path / "r" / "run.json").write_text(content)
    reader = Reader(tmp_path)
    assert reader.archive.read("r").aggregated.requests == 3
    assert len(reader.warnings) == 1
    assert "run.json" in reader.warnings[0]


def test_a_torn_segment_costs_one_warning_and_its_last_record(tmp_path: Path) -> None:
    """A segment with an incomplete record is read up to it, with one warning."""
    segment = archives.write(tmp_path, "r", [requests("GET", "/", 3)], [requests("GET", "/", 9)], describe={})
    segment.write_bytes(segment.read_bytes()[:-3])
    archives.write(tmp_path, "r", [requests("GET", "/", 5)], instance="worker:2")
    reader = Reader(tmp_path)
    assert reader.archive.read("r").aggregated.requests == 14
    assert len(reader.warnings) == 1
    assert "torn" in reader.warnings[0]
    assert str(segment) in reader.warnings[0]


def test_what_is_no_segment_costs_one_warning(tmp_path: Path) -> None:
    """A foreign file with the name of a segment is reported and skipped."""
    archives.write(tmp_path, "r", [requests("GET", "/", 3)], describe=description(START, None))
    (tmp_path / "r" / "foreign.segment").write_text("hello, I am a text")
    reader = Reader(tmp_path)
    assert reader.archive.read("r").aggregated.requests == 3
    assert len(reader.warnings) == 1


def test_other_files_and_folders_are_no_runs(tmp_path: Path) -> None:
    """Only a folder with run.json or a segment is a run."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "locust.log").write_text("")
    assert Reader(tmp_path).run_ids == []


def test_an_archive_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    """A missing folder has no runs, and is an error only if a run is requested."""
    reader = Reader(tmp_path / "none")
    assert reader.run_ids == []
    with pytest.raises(UnknownRunError, match="there are no runs at all"):
        reader.archive.read("latest-run")


def test_a_path_is_not_a_run(tmp_path: Path) -> None:
    """A name never leads outside of the archive."""
    archives.write(tmp_path, "r", [requests("GET", "/", 3)])
    with pytest.raises(UnknownRunError):
        Reader(tmp_path / "inner").archive.read("../r")


def test_response_times_come_from_the_master_where_it_told_them(tmp_path: Path) -> None:
    """The response times of the whole run are used, which are finer than buckets."""
    counted = [requests("GET", "/", 10), bucket("GET", "/", "1.0", 10), bucket("GET", "/", "+Inf", 10)]
    archives.write(tmp_path, "r", counted)
    archives.write(tmp_path, "r", [told("GET", "/", "0.95", 0.123), told("GET", "/", "1", 0.5)], instance="master:1")
    (row,) = Reader(tmp_path).archive.read("r").rows
    assert row.response_times == {"p95": 0.123, "max": 0.5}, "the lowest bucket says nothing of the shortest"
    assert str(row.precision) == "end-of-run summary, ±1.1 %"


def test_response_times_are_interpolated_where_no_master_told_them(tmp_path: Path) -> None:
    """Buckets of all processes are merged before quantiles are computed."""
    archives.write(
        tmp_path, "r", [bucket("GET", "/", "0.1", 10), bucket("GET", "/", "+Inf", 10), requests("GET", "/", 10)]
    )
    slow = [bucket("GET", "/", "0.1", 0), bucket("GET", "/", "1.0", 10), bucket("GET", "/", "+Inf", 10)]
    archives.write(tmp_path, "r", [requests("GET", "/", 10), *slow], instance="worker:2")
    (row,) = Reader(tmp_path).archive.read("r").rows
    assert row.response_times["p50"] == pytest.approx(0.1)
    assert row.response_times["max"] <= 1.0


def test_without_a_master_the_rate_is_that_of_the_known_duration(tmp_path: Path) -> None:
    """The rate is the requests divided by the seconds between start and end."""
    archives.write(tmp_path, "r", [requests("GET", "/", 30)], describe=description(START, START + 10))
    assert Reader(tmp_path).archive.read("r").aggregated.requests_per_second == 3.0


def test_an_endpoint_called_aggregated_is_a_row_of_its_own(tmp_path: Path) -> None:
    """The aggregate has no method, which distinguishes it from a request with that name."""
    archives.write(tmp_path, "r", [requests("GET", "Aggregated", 2), requests("GET", "/", 3)])
    summary = Reader(tmp_path).archive.read("r")
    assert {(row.name, row.requests) for row in summary.rows} == {("Aggregated", 2), ("/", 3)}
    assert summary.aggregated.requests == 5


def test_the_beginning_of_a_run_can_be_excluded(tmp_path: Path) -> None:
    """Counts until then are subtracted, for every process; a request made only before is not a row."""
    for instance in ("worker:1", "worker:2"):
        archives.write(
            tmp_path,
            "run",
            [requests("GET", "/login", 5), requests("GET", "/", 10), bucket("GET", "/", "0.1", 10)],
            [requests("GET", "/login", 5), requests("GET", "/", 30), bucket("GET", "/", "0.1", 12)],
            [requests("GET", "/login", 5), requests("GET", "/", 60), bucket("GET", "/", "0.1", 15)],
            instance=instance,
            describe=description(START, START + 10),
        )
    archive = Archive(tmp_path, pytest.fail)
    excluded = archive.read("run", warmup=1.5)
    assert [(row.name, row.requests, row.requests_per_second) for row in excluded.rows] == [("/", 60, 60 / 8.5)]
    assert (excluded.aggregated.requests, excluded.run.warmup, excluded.run.judged_seconds) == (60, 1.5, 8.5)
    assert sum(held.requests for held in excluded.aggregated.histogram) == 6
    assert archive.read("run").aggregated.requests == 130
