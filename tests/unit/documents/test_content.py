from dataclasses import replace

import pytest

from locust_push.documents.content import Fact
from locust_push.documents.tables import (
    BAD,
    DOUBTFUL,
    GOOD,
    PALE,
)
from locust_push.documents.tiles import tiles
from tests.unit.documents.summaries import GENERATED, report, summary


def test_without_a_gate_the_verdict_is_how_far_the_run_got() -> None:
    """A run with an end has finished."""
    verdict = report().verdict
    assert (verdict.meaning, verdict.text) == (PALE, "finished")


@pytest.mark.parametrize(("age", "text"), [(10, "running"), (3000, "broken off")])
def test_a_run_without_an_end_is_told_as_such(age: float, text: str) -> None:
    """A run without an end is in progress if its last sample is recent, otherwise broken off."""
    whole = summary()
    run = replace(whole, run=replace(whole.run, end_time=None, last_time=GENERATED - age))
    assert (report(run=run).verdict.meaning, report(run=run).verdict.text) == (DOUBTFUL, text)
    assert report("p95 > 1s", run=run).warnings == (f"the run is {text}",)


def test_a_run_that_was_interrupted_is_told_as_such() -> None:
    """An early end is in the verdict, or beside the gate's."""
    whole = summary()
    run = replace(whole, run=replace(whole.run, cut_short="interrupted"))
    assert (report(run=run).verdict.meaning, report(run=run).verdict.text) == (DOUBTFUL, "interrupted")
    judged = report("p95 > 1s", run=run)
    assert judged.verdict.text == "gate not met: the run was interrupted before its time was over"
    assert report("p95 > 1s", run=run, allow=["unfinished"]).warnings == ("the run was interrupted",)


def test_what_is_excluded_is_said() -> None:
    """An excluded warm-up is stated above all numbers, and among the facts."""
    whole = summary()
    run = replace(whole, run=replace(whole.run, judged_from=(whole.run.start_time or 0) + 31))
    made = report(run=run)
    assert made.warnings[0].startswith("all numbers are without the first 31 s, the warm-up")
    assert ("excluded", "without the first 31 s") in [(fact.name, fact.value) for fact in made.facts]


def test_a_gate_decides_the_verdict() -> None:
    """The verdict has the number of failed judgements, of all."""
    assert report("p95 > 1s").verdict.meaning == GOOD
    failed = report("p95 > 100ms", "p95{name=*} > 1s").verdict
    assert (failed.meaning, failed.text) == (BAD, "gate not met: 1 of 3")


def test_warnings_are_said_once() -> None:
    """A warning of both comparison and gate is shown once."""
    made = report("p95 > +10%", run=summary(users="20"), base=summary("base"))
    assert made.warnings == ("base was run with other parameters (users 10 → 20)",)


def test_facts_tell_what_was_run_and_where_the_baseline_differs() -> None:
    """Known labels have titles in a fixed order, others their own names; unknown ones are left out."""
    made = report(run=summary("run", git_commit="abc", region="eu"), base=summary("base", git_commit="def"))
    facts = [(fact.name, fact.value, fact.before) for fact in made.facts]
    assert facts == [
        ("started (UTC)", "2027-01-15 08:00:00", ""),
        ("duration", "1m00s", ""),
        ("host", "https://example.org", ""),
        ("users", "10", ""),
        ("git commit", "abc", "def"),
        ("region", "eu", ""),
        ("processes", "2", ""),
        ("percentiles from", "native histograms, ±1.1 %", ""),
    ]


@pytest.mark.parametrize("value", ["javascript:alert(1)", "data:text/html,x", "//example.org", "main"])
def test_only_web_addresses_become_links(value: str) -> None:
    """Only http URLs become links, since labels can have any value."""
    assert Fact("CI job", value).link == ""
    assert Fact("CI job", "https://ci.example/1").link == "https://ci.example/1"


def test_tiles_tell_the_change_and_what_it_means() -> None:
    """A slower percentile is bad; without a baseline there are no changes."""
    compared = {tile.name: tile for tile in tiles(report(run=summary(seconds=0.3), base=summary("base")))}
    p95 = compared["p95"]
    tile_change = "+200 % (" + p95.change.partition("(")[2]
    assert (p95.value, p95.change, p95.before, p95.meaning) == ("900 ms", tile_change, "300 ms", BAD)
    assert all(not tile.change for tile in tiles(report()))


def test_users_come_from_the_run_over_time() -> None:
    """The tile has the maximum of users; without recorded users there is none."""
    assert next(tile.value for tile in tiles(report()) if tile.name == "users at most") == "10"
    silent = replace(summary(), series=())
    assert "users at most" not in {tile.name for tile in tiles(report(run=silent))}
