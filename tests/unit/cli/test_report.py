"""`report`, without a server."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from tests.unit.results import archives


def report(source: str, *arguments: str | Path, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, arguments), "--from", source], env=environ)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An archive with two runs, the later one slower; the working directory is empty."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for number, (run_id, seconds) in enumerate((("base", 0.1), ("run", 0.2))):
        start = archives.START + 1000 * number
        told = [archives.told("", "Aggregated", quantile, seconds) for quantile in ("0.5", "0.95", "0.99", "1")]
        archives.write(
            tmp_path / "runs",
            run_id,
            [archives.requests("GET", "/", 500), *told],
            describe=archives.description(start, start + 60),
            start=start,
        )
    return f"file:{tmp_path / 'runs'}"


def test_without_an_output_there_is_a_page_named_after_the_run(source: str) -> None:
    """Without an output option the page is written to the working directory."""
    result = report(source, "latest")
    assert (result.exit_code, result.stdout) == (0, "Wrote run.html.\n")
    assert Path("run.html").read_text().startswith("<!doctype html>")


def test_all_formats_at_once_and_a_gate(source: str) -> None:
    """A gate that is not met is exit code 3; all files are written."""
    files = ("--html", "h", "--markdown", "m", "--junit", "j", "--json", "d")
    result = report(source, "run", "--baseline", "base", "--fail-if", "p95 > +10%", *files)
    assert result.exit_code == 3
    assert result.stdout == "Wrote h.\nWrote m.\nWrote j.\nWrote d.\n"
    assert "gate not met: 1 of 1: run run" in result.stderr.lower()
    assert 'failures="1"' in Path("j").read_text()
    assert json.loads(Path("d").read_text())["baseline"]["run"]["run_id"] == "base"


def test_a_gate_that_is_met(source: str) -> None:
    """A gate that is met is exit code 0."""
    assert report(source, "run", "--fail-if", "p95 > 1s").exit_code == 0


def test_a_baseline_with_nothing_in_common_is_said_on_the_page(source: str) -> None:
    """A baseline without a common request is a note on the page, and not an error."""
    archives.write(
        Path(source.removeprefix("file:")),
        "other",
        [archives.requests("GET", "/other", 500)],
        describe=archives.description(archives.START, archives.START + 60),
    )
    result = report(source, "run", "--baseline", "other", "--html", "h")
    assert (result.exit_code, result.stdout) == (0, "Wrote h.\n")
    words = "runs other and run have no request in common, so that they are not compared"
    assert words in result.stderr
    assert words in Path("h").read_text()


def test_the_first_of_several_baselines_is_laid_over(source: str) -> None:
    """The charts compare the run with the first baseline."""
    report(source, "run", "--baseline", "latest:5", "--json", "d")
    assert json.loads(Path("d").read_text())["comparison"]["base"]["run_id"] == "base"


def test_the_summary_of_a_step_is_appended_to(source: str, tmp_path: Path) -> None:
    """The summary is appended to the file of the CI job; no page is written."""
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    result = report(source, "run", "--github-summary", environ={"GITHUB_STEP_SUMMARY": str(summary)})
    assert result.exit_code == 0
    assert summary.read_text().startswith("before\n## run: finished\n")
    assert list(Path().iterdir()) == []


def test_outside_of_github_there_is_no_summary_to_append_to(source: str) -> None:
    """Without the variable a line says so, and the command succeeds, so that the same script works locally."""
    result = report(source, "run", "--github-summary", environ={"GITHUB_STEP_SUMMARY": ""})
    assert result.exit_code == 0
    assert "GITHUB_STEP_SUMMARY is not set" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "--junit", "j"), 2, "--junit writes a test case for each --fail-if; give at least one"),
        (("run", "--fail-if", "p95 > +10%"), 2, "give --baseline"),
        (("run", "--fail-if", "p95 >"), 2, "expecting a value"),
        (("rum",), 1, "similar: run"),
        (("run", "--html", "no/where"), 1, "no/where cannot be written: No such file or directory"),
    ],
)
def test_a_mistake_costs_a_clear_line(source: str, arguments: tuple[str, ...], code: int, words: str) -> None:
    """An unusable run is one line, and no file."""
    result = report(source, *arguments)
    assert result.exit_code == code
    assert words in result.stderr
    assert list(Path().iterdir()) == []
