"""A measure over many runs."""

import math
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import pytest

from locust_push.core.labels import TOTAL
from locust_push.documents.trends import trend_document, trend_grid, trend_sentence
from locust_push.results.measures import MEASURES, SHIFT, measure_of
from locust_push.results.model import Run, RunResults
from locust_push.results.trend import runs_of_trend, trend
from tests.unit.summaries import START, row, summary


def made(number: int, seconds: float, **run: object) -> RunResults:
    """Return the run of a day, of two rows."""
    rows = row("/a", p95=seconds, requests=10_000), row("/b", p95=3 * seconds, requests=10_000)
    one = summary(*rows, run_id=f"day-{number}", start=START + 86400 * number, info={"git_commit": f"{number:08}"})
    return replace(one, run=replace(one.run, **run))  # type: ignore[arg-type]  # as given


def series(count: int, growth: float, step: int = 0, size: float = 0.0) -> list[RunResults]:
    """Return runs with noise of 2 % that become slower gradually, or after a step."""
    source = random.Random(4)  # noqa: S311  # no secret
    logs = [
        source.gauss(0, 0.02) + number * growth + (size if step and number >= step else 0) for number in range(count)
    ]
    return [made(number, 0.1 * math.exp(log)) for number, log in enumerate(logs)]


@pytest.mark.parametrize("measure", ["shift", "p95"])
def test_the_run_after_which_it_changed_is_named(measure: str) -> None:
    """A step is found with its commit, size, and direction."""
    found = trend(series(40, 0.0, 25, math.log(1.1)), measure_of(measure) or SHIFT, TOTAL, 0.01)
    (change,) = found.changes
    assert (change.run.run_id, change.last_before.run_id, change.verdict) == ("day-25", "day-24", "worse")
    assert change.percent == pytest.approx(10, abs=2)
    assert trend_sentence([found], measure).startswith(f"1 lasting change of {measure} in 40 runs; the last run is +")
    assert [cell.text for cell in trend_grid([found]).rows[0]][:4] == [
        "Aggregated",
        "day-25",
        "2027-02-09 08:00:00",
        "00000025",
    ]


def test_five_percent_a_week_are_found() -> None:
    """A drift is found in ten weeks of daily runs, each of which is like the one before it."""
    found = trend(series(70, math.log(1.05) / 7), SHIFT, TOTAL, 0.01)
    assert len(found.changes) >= 3
    assert {one.verdict for one in found.changes} == {"worse"}
    assert found.percents[-1] > 40


def test_a_row_has_a_trend_of_its_own_and_noise_has_none() -> None:
    """Without a change the sentence says so, also as plain data."""
    found = trend(series(40, 0.0), SHIFT, ("GET", "/b"), 0.01)
    assert (found.label, found.changes) == ("GET /b", ())
    assert trend_sentence([found], "shift") == "No lasting change of shift in 40 runs."
    document = trend_document([found], "shift")
    assert len(document["trends"][0]["runs"]) == 40
    assert document["trends"][0]["runs"][3]["commit"] == "00000003"


class Source:
    """A source with runs, oldest first."""

    delay = 0.0

    def __init__(self, *runs: RunResults) -> None:
        self._runs = {one.run.run_id: one for one in runs}

    def list(self, limit: int | None = None) -> list[Run]:
        """Return all runs, newest first."""
        return [one.run for one in self._runs.values()][::-1][:limit]

    def before(self, run: Run, match: Mapping[str, str]) -> Iterator[Run]:
        """Yield all earlier runs."""
        return (one for one in self.list() if one.is_before(run) and one.matches(match))

    def find(self, name: str) -> Run:
        """Return one by its ID."""
        return self._runs[name].run

    def read(self, name: str, own_metrics: Collection[str] = (), warmup: float | None = None) -> RunResults:  # noqa: ARG002  # as sources do
        """Return the same summary for each."""
        return self._runs[name]


def test_runs_that_are_not_whole_are_no_part_of_it() -> None:
    """Incomplete runs are left out; those that did not meet their gate are included, since a trend must show them."""
    source = Source(
        made(0, 0.1),
        made(1, 0.1, cut_short="interrupted"),
        made(2, 0.1, end_time=None),
        made(3, 0.1, gate_met=False),
        made(4, 0.1),
    )
    found = runs_of_trend(source, source.find("day-4"), 50)
    assert [one.run.run_id for one in found] == ["day-0", "day-3", "day-4"]
    assert len(runs_of_trend(source, source.find("day-4"), 2)) == 2


def test_failures_where_there_were_none_are_a_change_of_a_size_that_can_be_read() -> None:
    """Half a failure stands for none, so that 1 % after 0 of 10,000 is 200 times as much."""
    failing = [row("Aggregated", method="", requests=10_000, failures=0 if n < 8 else 100) for n in range(16)]
    runs = [replace(made(n, 0.1), aggregated=one) for n, one in enumerate(failing)]
    (change,) = trend(runs, MEASURES["error_rate"], TOTAL, 0.01).changes
    assert (change.run.run_id, change.verdict) == ("day-8", "worse")
    assert change.percent == pytest.approx(19_900)
