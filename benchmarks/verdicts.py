"""How often a gate says "slower" when nothing is, and how often it finds what is, beside other rules for the same.

Real runs of the same load, each request of them recorded (:mod:`benchmarks.recordings`), are drawn at random: some as
baselines, one as the run, so that the noise between and within runs is that of this machine. What is to be found is put
into the run: its response times multiplied, its slowest tenth doubled, a row of it slowed, failures added. All of it
goes the way of a real run: through the recorder, the totals of its end, and back as results. And runs of a service that
was slower are judged from the archive that they were pushed to.
"""

import math
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist, median

from benchmarks.recordings import Recording, Request, archive, recorded
from benchmarks.timing import show_progress, table
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable
from locust_push.live.in_memory import findings_of
from locust_push.live.run_totals import recorded_by, run_totals, write_run_totals
from locust_push.options.settings import DEFAULT_BUCKETS
from locust_push.results.baselines import BaselineChoice, Baselines, read_baselines
from locust_push.results.build import build_summary
from locust_push.results.gate import Gate, judge
from locust_push.results.gate_expression import parse
from locust_push.results.model import Run, RunResults
from locust_push.results.sources.archive import Archive

RUNS, SLOWER_RUNS = 40, 20
"""Runs of the same load that are drawn from; and of each slower service."""

KINDS: Mapping[str, float] = {"same": 1.0, "slower-5": 1.05, "slower-10": 1.1}
"""What recordings are called, and how many times slower their service is."""

IN_A_ROW = 10
"""Runs of the same load in a row, of which none may fail."""

NULLS = int(os.environ.get("BENCHMARK_NULLS", "600"))
PAIRS = int(os.environ.get("BENCHMARK_PAIRS", "200"))
"""Drawings in which nothing changed, and in which something did."""

ROW = "GET /products/3"
"""The one that is slower in one row of twenty."""

GATES: Mapping[str, Sequence[str]] = {
    "`shift > +2%`": ["shift > +2%"],
    "`shift{name=*} > +5%`": ["shift{name=*} > +5%"],
    "`p95{name=*} > +10%`": ["p95{name=*} > +10%"],
    "`error_rate > +20%`": ["error_rate > +20%"],
    "all four": ["shift > +2%", "shift{name=*} > +5%", "p95{name=*} > +10%", "error_rate > +20%"],
}
"""Gates that are tried, each with the confidence of 99 % for itself."""

Change = Callable[[str, list[Request]], list[Request]]
"""Makes of the requests of a row those of a run in which something changed."""


def slowed(factor: float, only: str = "") -> Change:
    """Multiply response times, of one row or of all."""

    def change(row: str, requests: list[Request]) -> list[Request]:
        times = factor if only in {"", row} else 1.0
        return [Request(one.at, one.seconds * times, one.failed) for one in requests]

    return change


def slow_tail(_: str, requests: list[Request]) -> list[Request]:
    """Double the slowest tenth."""
    limit = sorted(one.seconds for one in requests)[-max(1, len(requests) // 10)]
    return [Request(one.at, one.seconds * (2 if one.seconds >= limit else 1), one.failed) for one in requests]


def failing(share: float) -> Change:
    """Have a share of the requests fail, each by chance."""
    source = random.Random(0)  # noqa: S311 - the same failures every time, no secret

    def change(_: str, requests: list[Request]) -> list[Request]:
        return [Request(one.at, one.seconds, source.random() < share) for one in requests]

    return change


AS_IT_WAS = slowed(1.0)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What changed: in the run, and what is already so in the baselines."""

    name: str
    run: Change
    baselines: Change = AS_IT_WAS


SCENARIOS = (
    Scenario("nothing", AS_IT_WAS),
    Scenario("+3 %", slowed(1.03)),
    Scenario("+5 %", slowed(1.05)),
    Scenario("+10 %", slowed(1.10)),
    Scenario("+15 %", slowed(1.15)),
    Scenario("one row +15 %", slowed(1.15, ROW)),
    Scenario("one row +30 %", slowed(1.30, ROW)),
    Scenario("slowest 10 % doubled", slow_tail),
    Scenario("1 → 1 % errors", failing(0.01), failing(0.01)),
    Scenario("1 → 2 % errors", failing(0.02), failing(0.01)),
)


ALIKE = SCENARIOS[:5]
"""Those in which all rows become slower alike."""


def results(recording: Recording, change: Change, run_id: str) -> RunResults:
    """The results of a run in which these requests were made, as its own end has them."""
    series = SeriesTable()
    recorder = Recorder(series, forms=HistogramForms(DEFAULT_BUCKETS), max_names=100)
    for row, requests in recording.items():
        method, name = row.split(" ", 1)
        for one in change(row, requests):
            error = OSError() if one.failed else None
            recorder.on_request(
                request_type=method, name=name, response_time=1000 * one.seconds, response_length=100, exception=error
            )
    for _ in recorder.drain():
        pass
    write_run_totals(series, run_totals(recorded_by(recorder), 6.0))
    return build_summary(Run(run_id, {}, 0.0, 6.0), findings_of([series], None, 0.0))


class Pool:
    """The recorded runs, and the results of each with each change."""

    def __init__(self) -> None:
        self.recordings = list(recorded("same", RUNS))
        self.of = cache(self._of)

    def _of(self, number: int, change: Change) -> RunResults:
        return results(self.recordings[number], change, f"run-{number}")

    def raw(self, number: int, change: Change) -> Mapping[str, list[float]]:
        """Response times, by row."""
        rows = self.recordings[number].items()
        return {row: [one.seconds for one in change(row, requests)] for row, requests in rows}


Drawn = tuple[int, Sequence[int]]
"""The number of a run, and of its baselines."""


def drawings(pool: Pool, baselines: int, count: int) -> Iterator[Drawn]:
    """Draw runs; none is its own baseline."""
    source = random.Random(baselines)  # noqa: S311 - the same every time, no secret
    for _ in range(count):
        run, *before = source.sample(range(len(pool.recordings)), baselines + 1)
        yield run, before


def ours(pool: Pool, gate: Sequence[str], scenario: Scenario, drawn: Drawn) -> bool:
    """Whether a gate fails."""
    run, before = drawn
    found = Baselines(tuple(pool.of(number, scenario.baselines) for number in before))
    return not judge(Gate([parse(text) for text in gate]), pool.of(run, scenario.run), found).met


def fixed(pool: Pool, scenario: Scenario, drawn: Drawn) -> bool:
    """Whether p95 of any row is more than 10 % above the median of the baselines."""
    return any(value > 1.1 * median(before) for value, before in _p95(pool, scenario, drawn))


def spread(pool: Pool, scenario: Scenario, drawn: Drawn) -> bool:
    """The same, and more than three scaled median absolute deviations: the rule of this program up to now."""

    def far(value: float, before: Sequence[float]) -> bool:
        middle = median(before)
        return value - middle > 3 * 1.4826 * median(abs(one - middle) for one in before)

    return any(value > 1.1 * median(before) and far(value, before) for value, before in _p95(pool, scenario, drawn))


def _p95(pool: Pool, scenario: Scenario, drawn: Drawn) -> Iterator[tuple[float, list[float]]]:
    run, before = drawn
    sides = [pool.of(number, scenario.baselines) for number in before]
    for number, row in enumerate(pool.of(run, scenario.run).rows):
        yield row.response_times["p95"], [side.rows[number].response_times["p95"] for side in sides]


def mann_whitney(pool: Pool, scenario: Scenario, drawn: Drawn) -> bool:
    """Whether any row's requests are slower than those of all baselines, by 2 % and at 1 % for all rows."""
    run, before = drawn
    sides = [pool.raw(number, scenario.baselines) for number in before]
    limit = NormalDist().inv_cdf(1 - 0.01 / len(sides[0]))
    for row, times in pool.raw(run, scenario.run).items():
        others = [one for side in sides for one in side[row]]
        if median(times) > 1.02 * median(others) and rank_score(times, others) > limit:
            return True
    return False


def rank_score(times: Sequence[float], others: Sequence[float]) -> float:
    """By how many standard deviations the ranks of ``times`` are larger than those of equal distributions."""
    ordered = sorted([*((one, True) for one in times), *((one, False) for one in others)])
    ranks = sum(rank for rank, (_, mine) in enumerate(ordered, 1) if mine)
    count, more = len(times), len(others)
    mean, deviation = count * (count + more + 1) / 2, math.sqrt(count * more * (count + more + 1) / 12)
    return (ranks - mean) / deviation


def shares(
    pool: Pool,
    baselines: int,
    rule: Callable[[Scenario, Drawn], bool],
    name: str,
    scenarios: Sequence[Scenario] = SCENARIOS,
) -> Iterator[str]:
    """How often a rule fails the gate, for each scenario."""
    for scenario in scenarios:
        count = NULLS if scenario.name == "nothing" else PAIRS
        show_progress(f"{name}, {baselines} baselines: {scenario.name}")
        failed = sum(rule(scenario, drawn) for drawn in drawings(pool, baselines, count))
        yield f"{100 * failed / count:.1f} %" if failed and failed < count else f"{100 * failed // count} %"


def other_rules(pool: Pool) -> Mapping[str, Callable[[Scenario, Drawn], bool]]:
    """The baselines of gates."""
    return {
        "p95 of a row more than 10 % above": lambda scenario, drawn: fixed(pool, scenario, drawn),
        "and more than 3 scaled MAD": lambda scenario, drawn: spread(pool, scenario, drawn),
        "Mann-Whitney on all requests, +2 %": lambda scenario, drawn: mann_whitney(pool, scenario, drawn),
    }


def compared(pool: Pool) -> str:
    """The table of gates and of other rules, with five baselines."""
    rows = []
    for name, gate in GATES.items():
        rows.append([name, *shares(pool, 5, lambda scenario, drawn: ours(pool, gate, scenario, drawn), name)])  # noqa: B023  # used at once
    rows += [[name, *shares(pool, 5, rule, name)] for name, rule in other_rules(pool).items()]
    return table(["fails if", *(scenario.name for scenario in SCENARIOS)], rows)


def by_baselines(pool: Pool) -> str:
    """The table of the gate of a shift, by how many baselines there are."""
    name = "`shift > +2%`"
    rows = [
        [
            f"{count}",
            *shares(pool, count, lambda scenario, drawn: ours(pool, GATES[name], scenario, drawn), name, ALIKE),
        ]
        for count in (1, 2, 3, 5, 10)
    ]
    return table(["baselines", *(scenario.name for scenario in ALIKE)], rows)


def end_to_end() -> str:
    """Runs as they came from Locust, judged from their archives against the five before them.

    Raises:
        RuntimeError: One of ten runs of the same load in a row fails for a shift, or one that is 10 % slower does not.
    """
    (usual, _), *_ = KINDS.items()
    same, rows = Archive(archive(usual), print), []
    for kind, slowdown in KINDS.items():
        count = len(list(recorded(kind, RUNS if kind == usual else SLOWER_RUNS, slowdown)))
        names = [f"{kind}-{number:03}" for number in range(5 if kind == usual else 0, count)]
        failed = {gate: [_judged(same, kind, name, texts) for name in names] for gate, texts in GATES.items()}
        rows.append([f"{len(names)}, times {slowdown:g}", *(f"{sum(found)}" for found in failed.values())])
        _check(slowdown, failed["`shift > +2%`"])
    return table(["runs, response times", *GATES], rows)


def _check(slowdown: float, failed: Sequence[bool]) -> None:
    if slowdown == 1 and any(failed[:IN_A_ROW]):
        raise RuntimeError(f"of {IN_A_ROW} runs of the same load in a row {sum(failed[:IN_A_ROW])} failed")
    if slowdown >= 1.1 and not all(failed):  # the slow-down that has to be found
        raise RuntimeError(f"only {sum(failed)} of {len(failed)} runs that were slower by 10 % failed")


def _judged(same: Archive, kind: str, name: str, gate: Sequence[str]) -> bool:
    run = Archive(archive(kind), print).read(name)
    baselines = read_baselines(same, run.run, BaselineChoice("latest:5"), same.read)
    return not judge(Gate([parse(text) for text in gate]), run, baselines).met


def report() -> str:
    """Run; the tables."""
    pool = Pool()
    requests = median(len(row) for recording in pool.recordings for row in recording.values())
    return (
        f"{len(pool.recordings)} real runs of six seconds, 20 rows of {requests:g} requests each. How often the gate "
        f"fails, {NULLS} drawings in which nothing changed and {PAIRS} of each change, five baselines:\n\n"
        f"{compared(pool)}\n\nA shift, by the number of baselines:\n\n{by_baselines(pool)}\n\n"
        f"Real runs end to end, how many of them fail:\n\n{end_to_end()}"
    )


if __name__ == "__main__":
    print(report())
