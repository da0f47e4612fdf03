"""Small runs for reports, with hostile names."""

import math
from collections.abc import Mapping, Sequence

from locust_push.core.labels import AGGREGATED
from locust_push.documents.content import Report
from locust_push.results.baselines import Baselines
from locust_push.results.compare import compare
from locust_push.results.gate import Gate, judge
from locust_push.results.gate_expression import parse
from locust_push.results.judgement import Allow
from locust_push.results.model import (
    Bucket,
    Point,
    Precision,
    PrecisionSource,
    ResultRow,
    Run,
    RunResults,
)

START = 1_800_000_000.0
GENERATED = START + 3600
HOSTILE = '</script><img src=x onerror="document.title=1">|`*_[a](b)&\x00'
"""What a request may be called."""


def row(name: str, seconds: float = 0.1, *, requests: int = 200, kinds: Mapping[str, int] | None = None) -> ResultRow:
    """Return a request whose median is ``seconds``."""
    times = {"p50": seconds, "p90": seconds * 2, "p95": seconds * 3, "p99": seconds * 4, "p99.9": seconds * 5}
    times |= {"max": seconds * 6, "avg": seconds * 1.2, "min": seconds / 2}
    kinds = kinds or {}
    return ResultRow(
        "" if name == AGGREGATED else "GET",
        name,
        requests,
        sum(kinds.values()),
        requests / 60,
        times,
        failures_by_kind=kinds,
        histogram=(Bucket(seconds / 2, seconds, requests / 2), Bucket(seconds, seconds * 6, requests / 2)),
        precision=Precision(PrecisionSource.NATIVE, 0.011),
    )


def points(seconds: float, count: int = 12, users: float = 10) -> tuple[Point, ...]:
    """Return a tick every five seconds; all users are running at the third, and the first has no measurements."""
    return tuple(
        Point(5.0 * number, users * min(number, 2) / 2, 20.0, 1.0, *_times(seconds, number)) for number in range(count)
    )


def _times(seconds: float, number: int) -> Sequence[float]:
    return (math.nan,) * 3 if number == 0 else (seconds, seconds * 3, seconds * 4)


def summary(run_id: str = "run", seconds: float = 0.1, names: Sequence[str] = ("/a", "/b"), **info: str) -> RunResults:
    """Return a run of a minute with a few failures."""
    kinds = {"HTTP 503": 3, "ConnectionError": 1}
    rows = tuple(row(name, seconds, kinds=kinds if name == names[0] else None) for name in names)
    total = row(AGGREGATED, seconds, requests=200 * len(names), kinds=kinds)
    run = Run(run_id, {"host": "https://example.org", "users": "10", **info}, START, START + 60)
    return RunResults(run, rows, total, points(seconds), ("host:1", "host:2"))


def report(
    *expressions: str, run: RunResults | None = None, base: RunResults | None = None, allow: Sequence[str] = ()
) -> Report:
    """Return a report of a run, with a baseline and a gate where they are given."""
    run = run or summary()
    comparison = compare([base], run) if base else None
    baselines = Baselines((base,)) if base else Baselines()
    gate = judge(gate_of(expressions, allow), run, baselines) if expressions else None
    return Report(run, GENERATED, comparison, gate)


def gate_of(expressions: Sequence[str], allow: Sequence[str]) -> Gate:
    return Gate([parse(text) for text in expressions], allow=frozenset(map(Allow, allow)))
