"""Gates: failures, successes, and unjudged expressions."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from locust_push.results.baselines import BaselineChoice, Baselines, read_baselines
from locust_push.results.gate import Gate, GateResult, judge
from locust_push.results.gate_expression import parse
from locust_push.results.judgement import Allow, Judgement, Outcome
from locust_push.results.model import Bucket, CutShort, OwnSample, Precision, PrecisionSource, Run, RunResults
from tests.unit.summaries import START, row, summary


def judged(text: str, of: RunResults, *baselines: RunResults, least: int | None = None, allow: str = "") -> GateResult:
    """Judge by one expression."""
    allowed = frozenset({Allow(allow)}) if allow else frozenset()
    return judge(Gate([parse(text)], least, allowed), of, Baselines(baselines))


def only(result: GateResult) -> Judgement:
    """Return the only judgement."""
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
        ("failures != 10", True),
        ("failures != 9", False),
        ("rps outside 16..17", True),
        ("rps outside 17..18", False),
    ],
)
def test_absolute_gates_need_no_baseline(text: str, met: bool) -> None:
    """The run fails if the expression holds for all requests together."""
    assert judged(text, summary(row("/a", p95=0.1, failures=10))).met is met


@pytest.mark.parametrize(
    ("text", "p95", "outcome"),
    [
        ("p95 > +10%", 0.109, Outcome.MET),
        ("p95 > +10%", 0.111, Outcome.FAILED),
        ("p95 > +10% and +20ms", 0.119, Outcome.MET),
        ("p95 > +10% and +20ms", 0.121, Outcome.FAILED),
        ("p95 < -10%", 0.089, Outcome.FAILED),
        ("p95 < -10% and -20ms", 0.089, Outcome.MET),
        ("shift > +5%", 0.104, Outcome.MET),
        ("shift > +5%", 0.106, Outcome.FAILED),
        ("shift{name=*} > +5%", 0.106, Outcome.FAILED),
    ],
)
def test_relative_gates_look_at_the_change(text: str, p95: float, outcome: Outcome) -> None:
    """The change must exceed the percentage and the floor, if there is one."""
    judgement = only(judged(text, crowd(p95), *(crowd(0.1) for _ in range(5))))
    assert judgement.outcome is outcome
    assert judgement.value / judgement.baseline == pytest.approx(p95 / 0.1)


def crowd(*p95: float, requests: int = 1_000_000) -> RunResults:
    """Return a run with enough requests per row for chance within it to be negligible."""
    return summary(*(row(f"/{number}", p95=each, requests=requests) for number, each in enumerate(p95)))


def test_a_change_from_nothing_exceeds_every_percentage() -> None:
    """A change from 0 exceeds every percentage, so that the floor and chance decide."""
    failing, clean = summary(row("/a", failures=8)), summary(row("/a"))
    assert not judged("failures > +10%", failing, clean).met
    assert judged("failures > +10% and +8", failing, clean).met
    assert only(judged("failures > +10%", summary(row("/a", failures=6)), clean)).outcome is Outcome.WITHIN_SPREAD
    one_in_a_thousand = only(judged("error_rate > +10%", summary(row("/a", failures=1)), clean))
    assert (one_in_a_thousand.met, one_in_a_thousand.reason) == (True, "below the floor of 0.50 %")
    assert not judged("error_rate > +10% and +0.01%", failing, clean).met


def test_one_baseline_that_is_far_off_is_left_out() -> None:
    """With five baselines an outlier affects neither the baseline nor the noise."""
    baselines = [crowd(p95) for p95 in (0.098, 0.100, 0.102, 0.101, 0.9)]
    judgement = only(judged("p95 > +1%", crowd(0.2), *baselines))
    assert judgement.outcome is Outcome.FAILED
    assert judgement.baseline == pytest.approx(0.100, abs=0.001)
    assert judgement.change
    assert judgement.change.baselines == 4


def test_a_change_within_the_noise_does_not_fail() -> None:
    """Differences between baselines are noise for relative expressions, not for absolute limits."""
    baselines = [crowd(p95) for p95 in (0.08, 0.1, 0.12)]
    within = only(judged("p95 > +10%", crowd(0.13), *baselines))
    assert (within.outcome, within.met) == (Outcome.WITHIN_SPREAD, True)
    assert within.reason == "may be chance; finding +10 % takes a machine whose runs differ less"
    assert only(judged("p95 > +10%", crowd(0.3), *baselines)).outcome is Outcome.FAILED
    assert only(judged("p95 > 120ms", crowd(0.13), *baselines)).outcome is Outcome.FAILED


def test_a_change_that_few_baselines_do_not_show_says_how_many_would() -> None:
    """Where it is the noise between runs that hides a change, and not the number of requests."""
    within = only(judged("p95 > +6%", crowd(0.1065), crowd(0.1)))
    assert within.outcome is Outcome.WITHIN_SPREAD
    assert within.reason == "may be chance; finding +6 % takes some 15 baselines"


def test_a_change_that_few_requests_do_not_show_says_how_many_would() -> None:
    """A change that may be chance is noted with the number of requests that would show it."""
    few = [crowd(0.1, requests=200) for _ in range(5)]
    within = only(judged("p95{name=*} > +10%", crowd(0.112, requests=200), *few))
    assert within.outcome is Outcome.WITHIN_SPREAD
    assert "may be chance; finding +10 % takes " in within.reason
    assert within.reason.endswith("requests")
    assert within.spread > 0.012


def test_one_row_of_many_is_found_where_the_whole_machine_was_slower() -> None:
    """Runs differ in speed in all rows; only a row that is slower beyond that fails."""
    speeds, rows = (0.97, 1.0, 1.03, 0.98, 1.02), 10
    baselines = [crowd(*[0.1 * speed] * rows) for speed in speeds]
    result = judged("shift{name=*} > +5%", crowd(*[0.102] * (rows - 1), 0.112), *baselines)
    failed = [one for one in result.judgements if not one.met]
    assert [one.label for one in failed] == ["GET /9"]
    assert failed[0].reason == "more than the other requests"


def test_confidence_is_that_of_the_whole_gate() -> None:
    """With ten expressions each has a tenth of the error rate, so that a barely significant change is noise."""
    baselines = [crowd(p95) for p95 in (0.098, 0.1, 0.102, 0.099, 0.101)]
    one, ten = (Gate([parse("p95 > +2%")] * count) for count in (1, 10))
    assert one.tail == pytest.approx(10 * ten.tail)
    assert not judge(one, crowd(0.106), Baselines(tuple(baselines))).met
    assert judge(ten, crowd(0.106), Baselines(tuple(baselines))).met


def test_a_selector_judges_its_rows() -> None:
    """A star selects every row but not their sum, a name or a method only those."""
    of = summary(row("/a"), row("/b", p95=0.5), row("/b", method="POST"))
    assert [one.label for one in judged("p95{name=*} > 400ms", of).judgements] == ["GET /a", "GET /b", "POST /b"]
    assert [one.label for one in judged("p95{name=/b} > 400ms", of).judgements] == ["GET /b", "POST /b"]
    assert [one.label for one in judged("p95{name=*,method=POST} > 1s", of).judgements] == ["POST /b"]
    assert [one.met for one in judged("p95{name=*} > 400ms", of).judgements] == [True, False, True]


def test_rows_of_few_requests_are_not_judged_by_their_response_times() -> None:
    """With few requests on either side the gate is not met, unless that is allowed."""
    few, many = summary(row("/a", requests=99, p95=9.0)), summary(row("/a", requests=100))
    refused = judged("p95 > 10s", few)
    assert (only(refused).outcome, refused.met) == (Outcome.NOT_JUDGED, False)
    assert only(refused).reason == "99 requests are fewer than the 100 that p95 needs"
    assert judged("p95 > 10s", few, allow="few-requests").met
    assert judged("p95 > 10s", few, least=99).met
    assert judged("p50 > 10s", few).met
    assert only(judged("p95 > +10%", many, few)).reason == "the baseline has 99 requests, 100 are needed"


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("error_rate > 2%", False),
        ("failures > 5", False),
        ("rps < 5", False),
        ("requests < 21", False),
        ("rps < 0.1", True),
    ],
)
def test_counts_rates_and_shares_are_judged_at_any_number(text: str, met: bool) -> None:
    """Twenty requests that all failed are enough to fail."""
    outage = summary(row("/a", requests=20, failures=20))
    assert only(judged(text, outage)).outcome is (Outcome.MET if met else Outcome.FAILED)


def test_a_few_requests_that_are_all_slow_have_failed() -> None:
    """Twenty requests of a second each exceed a limit of 800 ms; one slow request among twenty does not."""
    slow = replace(row("/a", requests=20, p95=1.0), histogram=(Bucket(0.99, 1.01, 20),))
    one_slow = replace(row("/a", requests=20, p95=1.0), histogram=(Bucket(0.01, 0.02, 19), Bucket(0.99, 1.01, 1)))
    assert only(judged("p95{name=/a} > 800ms", summary(slow))).outcome is Outcome.FAILED
    assert only(judged("p95{name=/a} > 800ms", summary(one_slow))).outcome is Outcome.NOT_JUDGED


def test_a_share_of_failures_above_its_limit_by_chance_is_not_judged() -> None:
    """One failure of twenty is 0 to 32 %: neither passed nor shown; with many requests it is shown."""
    doubtful = judged("error_rate > 2%", summary(row("/a", requests=20, failures=1)))
    assert (doubtful.met, only(doubtful).outcome, only(doubtful).cause) == (
        False,
        Outcome.NOT_JUDGED,
        Allow.FEW_REQUESTS,
    )
    assert "1 of 20 requests failed, which estimates 0.025 to 32 %" in only(doubtful).reason
    assert only(judged("error_rate > 2%", summary(row("/a", requests=1000, failures=50)))).outcome is Outcome.FAILED
    assert judged("error_rate > 2%", summary(row("/a", requests=20))).met


def test_a_row_on_one_side_only_is_not_met() -> None:
    """A renamed request is reported, and passes only if allowed."""
    sides = summary(row("/new")), summary(row("/old"))
    result = judged("p95{name=*} > +10%", *sides)
    found = [(one.label, one.outcome, one.reason) for one in result.judgements]
    not_judged = Outcome.NOT_JUDGED
    assert found == [("GET /new", not_judged, "in this run only"), ("GET /old", not_judged, "in the baseline only")]
    assert judged("p95{name=*} > +10%", *sides, allow="one-sided").met
    assert not judged("p95{name=*} > +10%", *sides, allow="no-baseline").met


def test_a_selector_that_matches_nothing_is_not_met() -> None:
    """A misspelled name does not meet the gate silently."""
    result = judged("p95{name=/chekout} > 1s", summary(row("/checkout")))
    assert (result.met, only(result).label, only(result).reason) == (False, "/chekout", "no request matches")
    allowed = judged("p95{name=/chekout} > 1s", summary(row("/checkout")), allow="unjudged")
    assert (allowed.met, allowed.warnings) == (True, ("nothing was judged",))


def test_a_run_without_response_times_is_not_judged_by_them() -> None:
    """NaN is neither above nor below a limit."""
    of = summary(row("/a", p95=float("nan")))
    assert only(judged("p95{name=*} > 1s", of)).reason == "nothing was measured"


def test_a_relative_gate_without_a_baseline_is_not_met() -> None:
    """The first run of a project passes if allowed; an unreadable baseline never does."""
    gate = Gate([parse("p95 > +10%")], allow=frozenset({Allow.NO_BASELINE}))
    none_yet, broken = Baselines((), "there is none", none_yet=True), Baselines((), "the baseline cannot be read: why")
    assert judge(gate, summary(row("/a")), none_yet).met
    assert not judge(Gate(gate.expressions), summary(row("/a")), none_yet).met
    assert only(judge(gate, summary(row("/a")), broken)).reason == "the baseline cannot be read: why"
    assert not judge(gate, summary(row("/a")), broken).met


@pytest.mark.parametrize(
    ("changes", "words", "allowed"),
    [
        ({"end_time": None}, "the run has no end", True),
        ({"cut_short": CutShort.INTERRUPTED}, "the run was interrupted before its time was over", True),
        ({"cut_short": CutShort.ABORTED}, "the run was aborted", False),
    ],
)
def test_a_run_that_is_not_whole_fails(changes: dict[str, object], words: str, allowed: bool) -> None:
    """An incomplete run fails whatever its expressions say, unless allowed."""
    whole = summary(row("/a"))
    run = replace(whole, run=replace(whole.run, **changes))  # type: ignore[arg-type]  # as parametrised
    assert words in judged("p95 > 10s", run).problems[0]
    assert not judged("p95 > 10s", run).met
    assert judged("p95 > 10s", run, allow="unfinished").met is allowed


def test_a_run_that_lost_workers_fails_and_is_no_baseline() -> None:
    """Lost workers fail the gate: their unreported data is missing, and so was their load."""
    lost = replace(summary(row("/a")), lost_workers=2)
    result = judged("p95 > 10s", lost)
    assert (result.met, result.problems[0][:27]) == (False, "2 of the workers were lost,")
    assert judged("p95 > 10s", lost, allow="unfinished").met
    source = Runs(made("me", 0), replace(made("bad", 1), lost_workers=1))
    found = read_baselines(source, source.find("me"), BaselineChoice("latest:1"), source.read)
    assert found.notes == ("bad was skipped as a baseline: it lost workers",)


def test_a_run_without_requests_fails() -> None:
    """A run without requests fails even if everything may be unjudged."""
    result = judged("p95 > 10s", summary(), allow="unjudged")
    assert (result.met, result.problems) == (False, ("the run made no requests",))


def test_a_percentile_in_a_wide_bucket_is_judged_where_the_bucket_tells() -> None:
    """A percentile in a wide bucket is judged unless the limit is within the bucket."""
    coarse = Precision(PrecisionSource.CLASSIC, None)
    buckets = Bucket(0.0, 0.05, 900), Bucket(0.05, 0.1, 100)
    of = summary(replace(row("/a", p95=0.06), precision=coarse, histogram=buckets))
    assert only(judged("p95{name=/a} > 100ms", of)).outcome is Outcome.MET
    assert only(judged("p95{name=/a} > 60ms", of)).outcome is Outcome.NOT_JUDGED
    assert only(judged("p95{name=/a} > 50ms", of)).outcome is Outcome.FAILED
    assert "lies between 50.0 ms and 100 ms" in only(judged("p97{name=/a} > 70ms", of)).reason
    assert only(judged("p97{name=/a} > 40ms", of)).outcome is Outcome.FAILED
    assert not judged("p95{name=/a} > +10%", of, of).met


def orders(name: str, value: float, **labels: str) -> OwnSample:
    return OwnSample(name, labels, value)


OWN = (
    orders("shop_orders_total", 40, kind="express"),
    orders("shop_orders_total", 80, kind="normal"),
    *(orders("shop_order_seconds_bucket", n, kind="express", le=le) for le, n in (("1", 50), ("2", 99), ("+Inf", 100))),
    orders("shop_order_seconds_count", 100, kind="express"),
    orders("shop_order_seconds_sum", 110, kind="express"),
    orders("shop_stock", 7),
)


@pytest.mark.parametrize(
    ("text", "value", "outcome"),
    [
        ("shop_orders_total < 120", 120, Outcome.MET),
        ("shop_orders_total{kind=express} < 41", 40, Outcome.FAILED),
        ("shop_orders_total:rate < 3", 2, Outcome.FAILED),
        ("shop_order_seconds:p95{kind=express} > 2s", 1.918, Outcome.MET),
        ("shop_order_seconds:p95 > 1.5s", 1.918, Outcome.NOT_JUDGED),
        ("shop_order_seconds:p95 > 900ms", 1.918, Outcome.FAILED),
        ("shop_order_seconds:avg > 1s", 1.1, Outcome.FAILED),
        ("shop_order_seconds:count < 100", 100, Outcome.MET),
        ("shop_stock != 7", 7, Outcome.MET),
        ("shop_sales_total < 1", float("nan"), Outcome.NOT_JUDGED),
    ],
)
def test_metrics_of_the_locustfile_are_judged(text: str, value: float, outcome: Outcome) -> None:
    """Totals, rates, means and percentiles of all selected series are judged; a missing metric is not met."""
    judgement = only(judged(text, replace(summary(row("/a")), own=OWN)))
    assert judgement.value == pytest.approx(value, abs=0.001, nan_ok=True)
    assert judgement.outcome is outcome


def test_metrics_of_the_locustfile_are_held_against_the_baseline() -> None:
    """A metric of the locustfile can be compared with baselines."""
    before, after = (replace(summary(row("/a")), own=(orders("shop_orders_total", count),)) for count in (1e6, 0.8e6))
    assert not judged("shop_orders_total < -10%", after, before).met
    assert judged("shop_orders_total < -10%", before, before).met


def test_unlike_parameters_are_warned_of() -> None:
    """Different parameters are named, with both values."""
    of, base = summary(row("/a"), info={"users": "20"}), summary(row("/a"), run_id="b", info={"users": "10"})
    assert judged("p95 > +10%", of, base).warnings == ("b was run with other parameters (users 10 → 20)",)


class Runs:
    """A source with runs, newest first."""

    delay = 0.0

    def __init__(self, *runs: RunResults) -> None:
        self._runs = {one.run.run_id: one for one in runs}

    def list(self, limit: int | None = None) -> list[Run]:
        """Return all runs."""
        return [one.run for one in self._runs.values()][:limit]

    def before(self, run: Run, match: Mapping[str, str]) -> Iterator[Run]:
        """Yield all earlier runs."""
        return (one for one in self.list() if one.is_before(run) and one.matches(match))

    def find(self, name: str) -> Run:
        """Return one by its ID."""
        return self._runs[name].run

    def read(
        self,
        name: str,
        own_metrics: Collection[str] = (),  # noqa: ARG002  # as sources do
        warmup: float | None = None,  # noqa: ARG002  # the same
    ) -> RunResults:
        """Return the same summary for each."""
        return self._runs[name]


def made(
    run_id: str, age: float, *, requests: int = 1000, info: Mapping[str, str] | None = None, **run: object
) -> RunResults:
    whole = summary(*([row("/a", requests=requests)] if requests else []), run_id=run_id, start=START - age, info=info)
    return replace(whole, run=replace(whole.run, **run))  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("wanted", "match", "expected"),
    [
        ("latest:2", {}, ["b", "c"]),
        ("latest:9", {}, ["b", "c", "d"]),
        ("latest:9", {"git_branch": "main"}, ["d"]),
        ("d, b", {}, ["d", "b"]),
        ("c", {"git_branch": "main"}, ["c"]),
        ("", {}, []),
    ],
)
def test_baselines_are_named_or_the_newest(wanted: str, match: dict[str, str], expected: list[str]) -> None:
    """Named baselines are in the given order; latest:N are those before the run, with its parameters."""
    branch = {"parameters": "x", "git_branch": "main"}
    source = Runs(
        made("later", -100, info={"parameters": "x"}),
        made("a", 0, info={"parameters": "x"}),
        made("other", 50, info={"parameters": "y"}),
        *(made(run_id, 100 * n, info={"parameters": "x"}) for n, run_id in enumerate("bc", 1)),
        made("d", 400, info=branch),
    )
    found = read_baselines(source, source.find("a"), BaselineChoice(wanted, match), source.read)
    assert [one.run.run_id for one in found.runs] == expected


BAD: dict[str, Any] = {
    "has no end": {"end_time": None},
    "was interrupted": {"cut_short": "interrupted"},
    "was aborted": {"cut_short": "aborted"},
    "made no requests": {"requests": 0},
    "did not meet its own gate": {"gate_met": False},
}


@pytest.mark.parametrize(("why", "changes"), BAD.items())
def test_a_run_that_is_not_good_is_passed_over(why: str, changes: dict[str, Any]) -> None:
    """The next older run replaces a skipped one, which is listed."""
    source = Runs(made("me", 0), made("bad", 1, **changes), made("good", 2), made("met", 3, gate_met=True))
    found = read_baselines(source, source.find("me"), BaselineChoice("latest:2"), source.read)
    assert [one.run.run_id for one in found.runs] == ["good", "met"]
    assert found.notes == (f"bad was skipped as a baseline: it {why}",)
    alone = Runs(made("me", 0), made("bad", 1, **changes))
    none = read_baselines(alone, alone.find("me"), BaselineChoice("latest:2"), alone.read)
    assert (none.runs, none.none_yet) == ((), True)


@pytest.mark.parametrize(("why", "changes"), BAD.items())
def test_a_bad_run_that_is_named_is_no_baseline_either(why: str, changes: dict[str, Any]) -> None:
    """A named baseline must be complete; one that did not meet its own gate gets a note."""
    source = Runs(made("me", 0), made("bad", 1, **changes))
    found = read_baselines(source, source.find("me"), BaselineChoice("bad"), source.read)
    if "gate_met" in changes:
        assert (len(found.runs), found.notes) == (1, (f"bad {why}",))
    else:
        assert (found.runs, found.problem, found.none_yet) == ((), f"bad is no baseline: it {why}", False)


@pytest.mark.parametrize("text", ["shift > +5%", "shift{name=*} > +5%", "p95{name=*} > +5%", "avg{name=*} > +5%"])
def test_requests_that_all_take_equally_long_can_be_judged(text: str) -> None:
    """Runs with constant response times, as of a mock, can be judged."""
    even = dict.fromkeys(("p50", "p90", "p95", "p99", "p99.9", "max", "avg", "min"), 0.05)
    same = [summary(replace(row("/a"), response_times=even), replace(row("/b"), response_times=even)) for _ in range(6)]
    assert judged(text, *same).met
    slower = dict.fromkeys(even, 0.056)
    of = summary(*(replace(row(name), response_times=slower) for name in ("/a", "/b")))
    aggregated = replace(of.aggregated, response_times=slower)
    assert not judged(text, replace(of, aggregated=aggregated), *same[1:]).met
