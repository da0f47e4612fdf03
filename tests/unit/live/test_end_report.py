import json
import logging
from pathlib import Path

import pytest

from locust_push.config.values import REPORT_SUFFIXES
from locust_push.documents.formats import REPORT_FORMATS
from locust_push.live.end_report import made_of, write_reports
from locust_push.results.gate import Gate, judge
from locust_push.results.gate_expression import parse
from tests.unit.documents.summaries import GENERATED, summary


def test_each_file_is_of_the_format_of_its_suffix(tmp_path: Path) -> None:
    """All four."""
    paths = [tmp_path / f"report{suffix}" for suffix in REPORT_FORMATS]
    write_reports(paths, summary("R"), None, GENERATED)
    html, markdown, junit, data = (path.read_text() for path in paths)
    assert html.startswith("<!doctype html>")
    assert markdown.startswith("## R")
    assert junit.startswith("<?xml")
    assert json.loads(data)["run"]["run"]["run_id"] == "R"


def test_the_option_knows_the_formats_that_there_are() -> None:
    """It checks suffixes below the layer of reports."""
    assert set(REPORT_SUFFIXES) == set(REPORT_FORMATS)


def test_one_that_cannot_be_written_costs_a_line_and_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The others are there, and nothing is raised."""
    missing, good = tmp_path / "missing" / "r.html", tmp_path / "r.md"
    with caplog.at_level(logging.INFO):
        write_reports([missing, good], summary(), None, GENERATED)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert str(missing) in caplog.messages[0]
    assert "\n" not in caplog.messages[0]
    assert good.exists()


def test_the_first_baseline_of_a_gate_is_laid_beside() -> None:
    """Its verdict is the report's."""
    base, run = summary("base"), summary("run", 0.2)
    report = made_of(run, judge(Gate([parse("p95 > +10%")]), run, [base]), GENERATED)
    assert report.baseline is base
    assert report.verdict.text == "gate not met: 1 of 1"


def test_a_baseline_with_no_request_in_common_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """With a word."""
    base, run = summary("base", names=["/x"]), summary("run")
    assert made_of(run, judge(Gate([parse("p95 > 1s")]), run, [base]), GENERATED).baseline is None
    assert "no request in common" in caplog.text
