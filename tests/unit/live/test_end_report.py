import json
import logging
from pathlib import Path

import pytest

from locust_push.config.values import REPORT_SUFFIXES
from locust_push.documents.formats import REPORT_FORMATS
from locust_push.live.end_report import write_reports
from locust_push.results.baselines import Baselines
from locust_push.results.gate import Gate, judge
from locust_push.results.gate_expression import parse
from tests.unit.documents.summaries import GENERATED, summary


def test_each_file_is_of_the_format_of_its_suffix(tmp_path: Path) -> None:
    """Each file has the format of its suffix, in all four formats."""
    paths = [tmp_path / f"report{suffix}" for suffix in REPORT_FORMATS]
    write_reports(paths, summary("R"), None, GENERATED)
    html, markdown, junit, data = (path.read_text() for path in paths)
    assert html.startswith("<!doctype html>")
    assert markdown.startswith("## R")
    assert junit.startswith("<?xml")
    assert json.loads(data)["run"]["run"]["run_id"] == "R"


def test_the_option_knows_the_formats_that_there_are() -> None:
    """The suffixes that options accept are those of the formats."""
    assert set(REPORT_SUFFIXES) == set(REPORT_FORMATS)


def test_one_that_cannot_be_written_costs_a_line_and_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An unwritable report is logged, the others are written, and nothing is raised."""
    missing, good = tmp_path / "missing" / "r.html", tmp_path / "r.md"
    with caplog.at_level(logging.INFO):
        write_reports([missing, good], summary(), None, GENERATED)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert str(missing) in caplog.messages[0]
    assert "\n" not in caplog.messages[0]
    assert good.exists()


def test_a_gate_brings_its_verdict_and_its_first_baseline(tmp_path: Path) -> None:
    """The report has the verdict, and compares the run with the first baseline."""
    base, run = summary("base"), summary("run", 0.2)
    page = tmp_path / "r.md"
    write_reports([page], run, judge(Gate([parse("p95 > +10%")]), run, Baselines((base,))), GENERATED)
    assert page.read_text().startswith("## run against base: gate not met&#58; 1 of 1 ❌")


def test_a_baseline_with_no_request_in_common_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A baseline without a common request is noted in the log and in the report."""
    base, run = summary("base", names=["/x"]), summary("run")
    page = tmp_path / "r.md"
    write_reports([page], run, judge(Gate([parse("p95 > 1s")]), run, Baselines((base,))), GENERATED)
    assert "no request in common" in caplog.text
    assert "have no request in common, so that they are not compared" in page.read_text()
