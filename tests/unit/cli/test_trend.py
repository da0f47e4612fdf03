"""`trend`, without a server."""

import json
import math
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from tests.monitoring.sinks import HttpSink
from tests.unit.results import archives

QUANTILES = {"0.05": 0.5, "0.25": 0.8, "0.5": 1.0, "0.75": 1.3, "0.9": 1.8, "0.95": 2.2, "0.99": 3.0, "1": 4.0}


def trend(source: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["trend", *arguments, "--from", f"file:{source}"])


def write(folder: Path, count: int, noise: float = 0.01, change: float = 1.2) -> Path:
    """Return an archive of runs, the last third of which are slower."""
    chance = random.Random(3)  # noqa: S311  # no secret
    for number in range(count):
        start = archives.START + 1000 * number
        median = 0.1 * math.exp(chance.gauss(0, noise)) * (change if number >= count * 2 // 3 else 1.0)
        ticks = [archives.requests("GET", "/", 5000)]
        for method, name in (("GET", "/"), ("", "Aggregated")):
            ticks += [archives.told(method, name, quantile, median * times) for quantile, times in QUANTILES.items()]
        archives.write(
            folder,
            f"run-{number:02}",
            ticks,
            describe=archives.description(start, start + 60, git_commit=f"{number:08x}"),
            start=start,
        )
    return folder


def test_the_first_run_after_a_change_is_named(tmp_path: Path) -> None:
    """A change is shown in a sentence, in a table, and as data; also per request."""
    source = write(tmp_path / "runs", 18)
    shown = trend(source)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("1 lasting change of shift in 18 runs; the last run is +")
    assert "Aggregated  run-12" in shown.stdout
    data = json.loads(trend(source, "p95{name=*}", "--format", "json").stdout)
    assert [change["run_id"] for one in data["trends"] for change in one["changes"]] == ["run-12"]
    assert "No lasting change of shift in 12 runs." in trend(source, "--until", "run-11").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--until", "run-03"), 1, "4 runs have these parameters; a trend needs 6"),
        (("p95{name=/nosuch}",), 1, "no request matches p95{name=/nosuch}"),
        (("p96.5.5",), 2, "expecting"),
        (("shop_orders_total",), 2, "metrics of the locustfile are not supported"),
    ],
)
def test_a_mistake_costs_a_clear_line(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    """A mistake is one line without a traceback."""
    result = trend(write(tmp_path / "runs", 7), *arguments)
    assert result.exit_code == code
    assert words in result.output


def gate(source: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["gate", *arguments, "--no-record", "--from", f"file:{source}"])


def test_a_run_is_judged_by_the_change_points_before_it(tmp_path: Path) -> None:
    """Where something became worse for good it fails, and names the first run with its commit; earlier ones pass."""
    source = write(tmp_path / "runs", 18)
    failed = gate(source, "latest", "--trend", "shift > +5%", "--trend", "p95{name=*} > +50%")
    assert failed.exit_code == 3, failed.output
    assert "trend shift > +5%" in failed.stdout
    assert "(since run-12 (commit 0000000c))" in failed.stdout
    assert gate(source, "run-11", "--trend", "shift > +5%").exit_code == 0
    few = gate(source, "run-03", "--trend", "shift > +5%")
    assert (few.exit_code, "4 runs have these parameters; a trend needs 6" in few.stdout) == (3, True)
    assert gate(source, "run-03", "--trend", "shift > +5%", "--allow", "no-baseline").exit_code == 0


@pytest.mark.parametrize("trend_of", ["p95 > 800ms", "shift outside -5%..+5%", "shop_orders_total > +5%", "p95 == +5%"])
def test_a_trend_is_a_change_of_a_measure(trend_of: str, tmp_path: Path) -> None:
    """In one direction, and nothing else; and a gate needs something to judge by."""
    refused = gate(write(tmp_path / "runs", 1), "latest", "--trend", trend_of)
    assert refused.exit_code == 2
    assert "has to be a change of a measure, such as 'shift > +5%'" in refused.output
    assert "nothing to judge by" in gate(tmp_path / "runs", "latest").output


def test_a_page_shows_the_runs_and_the_changes(tmp_path: Path) -> None:
    """With a chart, and without anything that a server could refuse."""
    page = tmp_path / "trend.html"
    assert trend(write(tmp_path / "runs", 18), "--html", str(page)).exit_code == 0
    text = page.read_text()
    assert "1 lasting change of shift in 18 runs" in text
    assert text.count("<title>run-") == 18
    assert "run-12\n" in text
    assert "Content-Security-Policy" in text


def test_runs_that_do_not_differ_at_all_have_a_page_too(tmp_path: Path) -> None:
    """A mock answers in the same time always: the chart has a line at 0."""
    page = tmp_path / "trend.html"
    assert trend(write(tmp_path / "runs", 7, noise=0.0, change=1.0), "--html", str(page)).exit_code == 0
    assert "No lasting change of shift in 7 runs." in page.read_text()


def test_a_message_is_sent_when_the_change_is_new(tmp_path: Path) -> None:
    """By the run that shows it first, three runs after the change, and not by those after it."""
    source = write(tmp_path / "runs", 18)
    with HttpSink().running() as sink:
        for until in range(11, 18):
            assert trend(source, "--until", f"run-{until}", "--notify", f"json://{sink.address}/x").exit_code == 0
    (request,) = sink.received
    assert request.json["title"] == "Load tests: lasting change of shift"
    assert "run-12" in request.json["message"]
