"""`export`, without a server."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from tests.unit.results import archives


def export(*arguments: str | Path, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)], env=environ)


@pytest.fixture
def source(tmp_path: Path) -> str:
    """An archive with a run."""
    archives.write(tmp_path / "runs", "R", [archives.requests("GET", "/", 7)])
    return f"file:{tmp_path / 'runs'}"


def test_a_run_goes_to_standard_output(source: str) -> None:
    """Only the export goes to standard output, so that it can be piped."""
    result = export("latest", "--from", source)
    assert result.exit_code == 0
    assert result.stdout.startswith("# TYPE locust_requests counter\n")
    assert result.stdout.endswith("# EOF\n")
    assert result.stderr == "Wrote 2 samples of run R.\n"


def test_a_run_goes_to_a_file(source: str, tmp_path: Path) -> None:
    """A run can be written to a file, and the archive can be set in the environment."""
    result = export("R", "--output", tmp_path / "out", environ={"LOCUST_PUSH_FROM": source})
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "out").read_text().endswith("# EOF\n")


def test_an_unknown_run_is_a_failure_that_names_the_nearest(source: str, tmp_path: Path) -> None:
    """An unknown run is exit code 1, without a file."""
    result = export("S", "--from", source, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "run 'S' was not found; similar: R" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("http://u:geheim@localhost:9090", "is no archive"),
        ("file:/nowhere", "is not an existing folder"),
        ("runs", "has no scheme"),
    ],
)
def test_what_is_no_archive_is_wrong_usage(source: str, words: str) -> None:
    """An invalid archive is exit code 2, without secrets."""
    result = export("R", "--from", source)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "geheim" not in result.output
