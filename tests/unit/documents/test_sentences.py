"""Verdicts and comparisons in sentences."""

from dataclasses import replace

from locust_push.documents.sentences import verdict_lines
from locust_push.results.baselines import Baselines
from locust_push.results.gate import Gate, GateResult, judge
from locust_push.results.gate_expression import parse
from locust_push.results.model import CutShort, RunResults
from tests.unit.summaries import row, summary


def judged(text: str, run: RunResults, *baselines: RunResults) -> GateResult:
    """Judge by one expression."""
    return judge(Gate([parse(text)]), run, Baselines(baselines))


def shop(*p95: float, run_id: str = "r", failures: int = 0) -> RunResults:
    """Return a run with enough requests for chance to be negligible."""
    many = 1_000_000
    rows = (row(f"/{number}", p95=each, requests=many, failures=failures) for number, each in enumerate(p95))
    return summary(*rows, run_id=run_id)


def test_a_verdict_names_its_reasons_and_the_worst_changes() -> None:
    """Reasons come first, then the three largest changes for the worse."""
    base = [shop(0.1, 0.1, 0.1, 0.1, 0.1, run_id=f"b{number}") for number in range(5)]
    lines = verdict_lines(judged("p95{name=/1} > +10%", shop(0.12, 0.3, 0.15, 0.2, 0.05, run_id="R"), *base))
    assert lines[0] == "Gate: NOT MET: run R against b0, b1, b2, b3, b4."
    assert lines[1].startswith("- GET /1: p95{name=/1} > +10% failed: 300 ms, 100 ms in the baseline")
    assert lines[2] == "Worst changes against the baseline:"
    assert [line.split(":")[0] for line in lines[3:]] == ["- GET /1", "- GET /3", "- GET /2"]
    assert "+200 %" in lines[3]


def test_failures_where_there_were_none_are_the_worst() -> None:
    """A change from 0 is shown by both values, since there is no percentage."""
    lines = verdict_lines(judged("p95 > +10%", shop(0.1, 0.1, failures=9000), *[shop(0.1, 0.1)] * 5))
    assert [line.split(",")[-1] for line in lines if "more failures" in line] == [" 0 % → 0.90 %"] * 2


def test_a_verdict_without_a_baseline_is_one_line() -> None:
    """A gate that is met without a baseline is one line."""
    assert verdict_lines(judged("p95 > 1s", shop(0.1, run_id="R"))) == ["Gate: Met: run R against no baseline."]


def test_a_run_that_was_cut_short_says_so() -> None:
    """A problem of the run is shown even if nothing else was judged."""
    whole = shop(0.1)
    aborted = replace(whole, run=replace(whole.run, cut_short=CutShort.ABORTED))
    lines = verdict_lines(judge(Gate([]), aborted, Baselines()))
    assert lines[0].startswith("Gate: NOT MET")
    assert len(lines) == 2
