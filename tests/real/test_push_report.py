"""`--push-report`: a report at the end of a run, without a store."""

import json
from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.target import Target


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_a_run_leaves_its_reports(target: Target, tmp_path: Path, mode: str) -> None:
    """The report has the target's counts, the run over time, the distribution and the types of failures."""
    arguments = (*HEADLESS, *(distributed() if mode == "distributed" else ()), "-u", "4", "-r", "4", "-t", "6s")
    with LocustProcess(
        tmp_path, *arguments, "-H", target.url, "--push-url", "file:runs", "--push-interval", "1s",
        "--push-report", "r.json", "--push-report", "r.html", "--push-report", "r.xml", "--push-gate", "p95 > 30s",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    report = json.loads((tmp_path / "r.json").read_text())
    total = report["run"]["aggregated"]
    assert total["requests"] == Counts.served(target).requests
    assert sum(total["failures_by_kind"].values()) == total["failures"] == target.failures()
    assert sum(bucket[2] for bucket in total["histogram"]) == pytest.approx(total["requests"])
    assert len(report["run"]["series"]) >= 4
    assert max(point["users"] for point in report["run"]["series"]) == 4
    assert report["gate"]["met"]
    page = (tmp_path / "r.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "500" in page.partition("Error messages")[2].partition("</table>")[0]
    assert 'tests="1"' in (tmp_path / "r.xml").read_text()


def test_without_a_url_there_is_no_report_and_locust_says_so(tmp_path: Path) -> None:
    """An unusable suffix is refused before the run, with the fix."""
    with LocustProcess(tmp_path, *HEADLESS, "--push-report", "report.html") as locust:
        assert locust.wait() == 2
    assert "add --push-url file:runs" in locust.output


@pytest.mark.parametrize("path", ["file/report.html", "folder.html"])
def test_a_path_that_cannot_be_written_ends_locust_before_the_run(tmp_path: Path, path: str) -> None:
    """A folder below a file, or a folder with the report's name, is refused before the run."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.html").mkdir()
    with LocustProcess(tmp_path, *HEADLESS, "--push-url", "file:runs", "--push-report", path) as locust:
        assert locust.wait() == 2
    assert f"--push-report {path!r}: " in locust.output
    assert not (tmp_path / "runs").exists()


def test_a_format_that_nobody_knows_ends_locust_before_the_run(tmp_path: Path) -> None:
    """A report without a push URL is refused, with the fix."""
    with LocustProcess(tmp_path, *HEADLESS, "--push-url", "file:runs", "--push-report", "report.pdf") as locust:
        assert locust.wait() == 2
    assert "use one of the suffixes .html .md .xml .json" in locust.output
