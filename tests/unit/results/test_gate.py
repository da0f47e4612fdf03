"""Gates: what fails, what does not, and what is not judged."""

import pytest

from locust_push.results.baselines import newest_before, read_baselines
from locust_push.results.gate import (
    Gate,
    GateResult,
    Judgement,
    Outcome,
    judge,
    spread,
)
from locust_push.results.gate_expression import parse
from locust_push.results.model import Run, RunResults
from tests.unit.summaries import START, row, run, summary


def judged(text: str, of: RunResults, *baselines: RunResults, strict: bool = False, least: int = 100) -> GateResult:
    """Judge by one expression."""
    return judge(Gate([parse(text)], least, strict=strict), of, baselines)


def only(result: GateResult) -> Judgement:
    """Return the one judgement."""
    (judgement,) = result.judgements
    return judgement


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("p95 > 100ms", True),
        ("p95 >= 100ms", False),
        ("p95 > 99ms", False),
        ("rps < 20", False),
        ("rps < 10", True),
        ("requests < 1001", False),
        ("failures > 9", False),
        ("error_rate > 1%", True),
        ("error_rate >= 1%", False),
    ],
)
def test_absolute_gates_need_no_baseline(text: str, met: bool) -> None:
    """The run fails where the expression holds of all requests together."""
    assert judged(text, summary(row("/a", p95=0.1, failures=10))).met is met


@pytest.mark.parametrize(
    ("text", "p95", "outcome"),
    [
        ("p95 > +10%", 0.110, Outcome.MET),
        ("p95 > +10%", 0.111, Outcome.FAILED),
        ("p95 > +10% and +20ms", 0.119, Outcome.MET),
        ("p95 > +10% and +20ms", 0.121, Outcome.FAILED),
        ("p95 < -10%", 0.089, Outcome.FAILED),
        ("p95 < -10% and -20ms", 0.089, Outcome.MET),
    ],
)
def test_relative_gates_look_at_the_change(text: str, p95: float, outcome: Outcome) -> None:
    """It must be larger than the percentage and, if there is one, than the floor."""
    judgement = only(judged(text, summary(row("/a", p95=p95)), summary(row("/a", p95=0.1))))
    assert (judgement.outcome, judgement.baseline) == (outcome, 0.1)


def test_a_change_from_nothing_exceeds_every_percentage() -> None:
    """Failures where there were none: the floor alone decides."""
    failing, clean = summary(row("/a", failures=5)), summary(row("/a"))
    assert not judged("failures > +10%", failing, clean).met
    assert judged("failures > +10% and +5", failing, clean).met


def test_several_baselines_give_a_median() -> None:
    """One of five that is far off moves neither the baseline nor the spread."""
    baselines = [summary(row("/a", p95=p95)) for p95 in (0.098, 0.100, 0.102, 0.101, 0.9)]
    judgement = only(judged("p95 > +1%", summary(row("/a", p95=0.2)), *baselines))
    assert (judgement.outcome, judgement.baseline) == (Outcome.FAILED, 0.101)
    assert judgement.spread == pytest.approx(3 * 1.4826 * 0.001)


def test_a_change_within_the_spread_does_not_fail() -> None:
    """What the baselines do by themselves is noise, whatever the percentage; beyond it is none."""
    baselines = [summary(row("/a", p95=p95)) for p95 in (0.08, 0.1, 0.12)]
    assert only(judged("p95 > +10%", summary(row("/a", p95=0.18)), *baselines)).outcome is Outcome.WITHIN_SPREAD
    assert only(judged("p95 > +10%", summary(row("/a", p95=0.19)), *baselines)).outcome is Outcome.FAILED
    assert only(judged("p95 > 150ms", summary(row("/a", p95=0.18)), *baselines)).outcome is Outcome.FAILED


@pytest.mark.parametrize(("values", "expected"), [([1.0], 0.0), ([1.0, 1.0, 5.0], 0.0), ([1.0, 2.0, 3.0], 4.4478)])
def test_the_spread_is_three_scaled_median_absolute_deviations(values: list[float], expected: float) -> None:
    """Nothing with one value."""
    assert spread(values) == pytest.approx(expected)


def test_a_selector_judges_its_rows() -> None:
    """The star every row but not their sum, a name or a method only those."""
    of = summary(row("/a"), row("/b", p95=0.5), row("/b", method="POST"))
    assert [one.label for one in judged("p95{name=*} > 400ms", of).judgements] == ["GET /a", "GET /b", "POST /b"]
    assert [one.label for one in judged("p95{name=/b} > 400ms", of).judgements] == ["GET /b", "POST /b"]
    assert [one.label for one in judged("p95{name=*,method=POST} > 1s", of).judgements] == ["POST /b"]
    assert [one.met for one in judged("p95{name=*} > 400ms", of).judgements] == [True, False, True]


def test_rows_of_few_requests_are_shown_and_not_judged() -> None:
    """On either side; but a number of requests can be judged, however small it is."""
    few, many = summary(row("/a", requests=99, p95=9.0)), summary(row("/a", requests=100))
    assert only(judged("p95 > 1s", few)).outcome is Outcome.NOT_JUDGED
    assert only(judged("p95 > 1s", few, least=99)).outcome is Outcome.FAILED
    assert only(judged("p95 > +10%", many, few)).reason == "the baseline has fewer than 100 requests"
    assert only(judged("requests < 100", few)).outcome is Outcome.FAILED


@pytest.mark.parametrize(("strict", "outcome"), [(False, Outcome.NOT_JUDGED), (True, Outcome.FAILED)])
def test_a_row_on_one_side_only_is_said(strict: bool, outcome: Outcome) -> None:
    """With --strict it fails."""
    result = judged("p95{name=*} > +10%", summary(row("/new")), summary(row("/old")), strict=strict)
    found = [(one.label, one.outcome, one.reason) for one in result.judgements]
    assert found == [("GET /new", outcome, "in this run only"), ("GET /old", outcome, "in the baseline only")]


def test_a_selector_that_matches_nothing_is_said() -> None:
    """A name with a slip of the pen is not a gate that is met in silence."""
    result = judged("p95{name=/chekout} > 1s", summary(row("/checkout")))
    assert (only(result).label, only(result).reason) == ("/chekout", "no request matches")
    assert result.warnings == ("nothing was judged",)
    assert not judged("p95{name=/chekout} > 1s", summary(row("/checkout")), strict=True).met


def test_a_run_without_response_times_is_not_judged_by_them() -> None:
    """NaN is neither more nor less than a limit."""
    of = summary(row("/a", p95=float("nan")))
    assert only(judged("p95{name=*} > 1s", of)).reason == "has no response times"


def test_unlike_parameters_are_warned_of() -> None:
    """They are named, with both values."""
    of, base = summary(row("/a"), info={"users": "20"}), summary(row("/a"), run_id="b", info={"users": "10"})
    assert judged("p95 > +10%", of, base).warnings == ("b was run with other parameters (users 10 → 20)",)


def test_the_newest_runs_of_the_same_kind_are_the_baseline() -> None:
    """Before the run, ended, with its parameters: newest first, no more than were asked for."""
    runs = [
        run("later", start=START + 100),
        run("me", start=START),
        run("other", start=START - 100, users="7"),
        run("going", start=START - 200, end=None),
        *(run(f"old-{number}", start=START - 300 - number) for number in range(3)),
    ]
    assert [one.run_id for one in newest_before(runs, runs[1], 2)] == ["old-0", "old-1"]


class Runs:
    """A source that holds a list of runs."""

    delay = 0.0

    def __init__(self, *run_ids: str) -> None:
        self._runs = [run(run_id, start=START - number) for number, run_id in enumerate(run_ids)]

    def list(self, limit: int | None = None) -> list[Run]:
        """All of them."""
        return self._runs[:limit]

    def find(self, name: str) -> Run:
        """One by its ID."""
        return next(one for one in self._runs if one.run_id == name)

    def read(self, name: str) -> RunResults:
        """The same of each."""
        return summary(row("/a"), run_id=name)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("latest:2", ["b", "c"]), ("latest:9", ["b", "c", "d"]), ("d, b", ["d", "b"]), ("c", ["c"]), ("", [])],
)
def test_baselines_are_named_or_the_newest(wanted: str, expected: list[str]) -> None:
    """Names as they were given; of latest:N as many as there are."""
    source = Runs("a", "b", "c", "d")
    found = read_baselines(source, source.find("a"), wanted, source.read)
    assert [one.run.run_id for one in found] == expected
