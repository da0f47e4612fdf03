"""`runs`, `show`, `compare` and `gate` on archives: their output and exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from tests.unit.results import archives
from tests.unit.results.archives import (
    START,
    bucket,
    description,
    requests,
    told,
)


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def write(
    folder: Path, run_id: str, *, p95: float = 0.1, start: float = START, name: str = "/a", count: int = 500
) -> None:
    """Write a run of a minute with one request."""
    ticks = [requests("GET", name, count), bucket("GET", name, "1.0", count), bucket("GET", name, "+Inf", count)]
    for key in (("GET", name), ("", "Aggregated")):
        ticks += [told(*key, quantile, p95) for quantile in ("0.5", "0.95", "1")]
    archives.write(folder, run_id, ticks, describe=description(start, start + 60, users="10"))


@pytest.fixture
def source(tmp_path: Path) -> str:
    """An archive with two runs."""
    write(tmp_path / "runs", "first")
    write(tmp_path / "runs", "second", p95=0.2, start=START + 100)
    return f"file:{tmp_path / 'runs'}"


def test_runs_lists_the_newest_first(source: str) -> None:
    """Runs are listed newest first, up to the limit."""
    lines = command("runs", "--from", source, "--limit", "1").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["run", "second"]


def test_show_says_how_precise_it_is(source: str) -> None:
    """The headline and the precision of response times are above the table."""
    result = command("show", "latest~1", "--from", source)
    assert result.exit_code == 0
    assert result.stdout.startswith("first, ")
    assert "Response times: end-of-run summary, ±1.1 %. Processes: 1." in result.stdout


def test_compare_shows_both_and_never_fails(source: str) -> None:
    """A comparison ends with 0, however large the difference."""
    result = command("compare", "latest~1", "latest", "--from", source)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "100 → 200 +100 % ±28" in result.stdout


@pytest.mark.parametrize("name", ["runs", "show", "compare", "gate"])
def test_each_command_speaks_json_and_markdown(name: str, source: str) -> None:
    """JSON has the number of its format and no NaN, Markdown a rule under the headings."""
    runs = {"runs": (), "show": ("first",), "compare": ("first", "second"), "gate": ("first", "--fail-if", "p95 > 1s")}
    arguments = (name, *runs[name], "--from", source, "--format")
    document = json.loads(command(*arguments, "json").stdout, parse_constant=pytest.fail)
    assert document["format"] == 1
    assert "| --- |" in command(*arguments, "markdown").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--fail-if", "p95 > 300ms"), 0),
        (("--fail-if", "p95 > 150ms"), 3),
        (("--fail-if", "p95 > 300ms", "--fail-if", "p95 > 150ms"), 3),
        (("--fail-if", "p95 > +10%", "--baseline", "first"), 3),
        (("--fail-if", "p95 > +10%", "--baseline", "latest:5"), 3),
        (("--fail-if", "p95 > +10% and +200ms", "--baseline", "latest:5"), 0),
        (("--fail-if", "p95 > 300ms", "--min-requests", "501"), 3),
        (("--fail-if", "p95 > 300ms", "--min-requests", "501", "--allow", "few-requests"), 0),
        (("--fail-if", "p95{name=/b} > 150ms"), 3),
        (("--fail-if", "p95{name=/b} > 150ms", "--allow", "unjudged"), 0),
        (("--fail-if", "p95 > +10%"), 2),
        (("--fail-if", "p95 > ten"), 2),
        ((), 2),
        (("--fail-if", "p95 > +10%", "--baseline", "unknown"), 3),
    ],
)
def test_a_gate_tells_by_its_exit_code(arguments: tuple[str, ...], code: int, source: str) -> None:
    """Exit codes: 0 met, 2 wrong usage, 3 not met or not judged."""
    result = command("gate", "second", "--from", source, *arguments)
    assert result.exit_code == code, result.output


def test_a_run_without_earlier_ones_of_its_kind_is_not_met_and_told_how_to_begin(source: str) -> None:
    """The line names the option that lets the first run pass."""
    arguments = ("gate", "first", "--from", source, "--baseline", "latest:5", "--fail-if", "p95 > +10%")
    result = command(*arguments)
    assert (result.exit_code, command(*arguments, "--allow", "no-baseline").exit_code) == (3, 0)
    assert "there is no earlier good run with the same parameters" in result.stdout
    assert "To let pass the first run of a project" in result.stdout
    assert "give --allow no-baseline." in result.stdout


def test_a_run_that_did_not_meet_its_gate_is_no_baseline_from_then_on(source: str, tmp_path: Path) -> None:
    """The verdict is stored in the archive, so that a slow build that is repeated is not its own baseline."""
    write(tmp_path / "runs", "third", p95=0.2, start=START + 200)
    arguments = ("--from", source, "--baseline", "latest:1", "--fail-if", "p95 > +10%")
    assert command("gate", "second", *arguments, "--no-record").exit_code == 3
    assert command("gate", "third", *arguments, "--no-record").exit_code == 0
    assert command("gate", "second", *arguments).exit_code == 3
    repeated = command("gate", "third", *arguments)
    assert repeated.exit_code == 3
    assert "second was skipped as a baseline: it did not meet its own gate" in repeated.stderr


def test_a_bad_expression_is_pointed_at(source: str) -> None:
    """An error in an expression is shown with a caret under the character."""
    lines = command("gate", "first", "--from", source, "--fail-if", "p95 >> 1s").stderr.splitlines()
    assert lines[-3:] == [
        "Error: Invalid value for '--fail-if': expecting one of > >= < <= == != outside",
        "  p95 >> 1s",
        "      ^",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "frist"), "run 'frist' was not found; similar: first"),
        (("show", "latest~7"), "'latest~7' was not found: the number of runs is 2"),
        (("compare", "first", "other"), "run 'other' was not found; similar:"),
        (("show", "latest", "--match", "job=none"), "run 'latest' was not found; there are no runs at all"),
        (("runs", "--match", "job=none"), "no runs found"),
    ],
)
def test_bad_input_costs_one_line(arguments: tuple[str, ...], words: str, source: str) -> None:
    """Errors are one line on standard error, with exit code 1."""
    result = command(*arguments, "--from", source)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert words in line


@pytest.mark.parametrize("arguments", [("runs",), ("show", "latest")])
def test_an_empty_archive_costs_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """An empty archive is one line, and exit code 1."""
    result = command(*arguments, "--from", f"file:{tmp_path}")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize("place", ["file:/nowhere/at/all", "ftp://host", "prometheus:9090"])
def test_a_place_that_cannot_be_read_is_wrong_usage(place: str) -> None:
    """An unusable source is exit code 2, with the option's name."""
    result = command("runs", "--from", place)
    assert result.exit_code == 2
    assert "Invalid value for '--from'" in result.stderr


def test_runs_with_no_request_in_common_cost_one_line(source: str, tmp_path: Path) -> None:
    """Runs without a common request are one line with both names."""
    write(tmp_path / "runs", "other", name="/z")
    result = command("compare", "first", "other", "--from", source)
    assert (result.exit_code, result.stderr) == (1, "Error: runs first and other have no request in common\n")


def test_a_run_with_no_requests_costs_one_line(source: str, tmp_path: Path) -> None:
    """A run of a master and idle workers has no requests."""
    write(tmp_path / "runs", "idle", count=0)
    assert command("show", "idle", "--from", source).stderr == "Error: run idle has no requests\n"


def test_a_torn_segment_costs_a_warning(source: str, tmp_path: Path) -> None:
    """With a damaged segment the readable part is shown."""
    segment = next((tmp_path / "runs" / "first").glob("*.segment"))
    segment.write_bytes(segment.read_bytes()[:-3])
    result = command("show", "first", "--from", source)
    assert result.exit_code == 0
    assert "is incomplete or damaged; it and the following ones are skipped" in result.stderr
    assert "500" in result.stdout


@pytest.mark.parametrize(("given", "code"), [("30d", 0), ("12h", 0), ("-1d", 2), ("soon", 2)])
def test_since_is_a_duration_or_days(given: str, code: int, source: str) -> None:
    """--since accepts durations as in Locust, and days."""
    assert command("runs", "--from", source, "--since", given).exit_code == code
