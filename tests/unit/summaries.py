"""Simple summaries for tests: one row per name."""

from collections.abc import Mapping

from locust_push.core.labels import AGGREGATED
from locust_push.results.model import (
    Precision,
    PrecisionSource,
    ResultRow,
    Run,
    RunResults,
)

START = 1_800_000_000.0
TOLD = Precision(PrecisionSource.SUMMARY, 0.0109)


def run(run_id: str = "r", *, start: float | None = START, end: float | None = START + 60, **info: str) -> Run:
    """Return a run of a minute."""
    return Run(run_id, info, start, end, {"job": "locust"})


def row(
    name: str, *, p95: float = 0.1, requests: int = 1000, failures: int = 0, method: str = "GET", **times: float
) -> ResultRow:
    """Return the results of a request; missing response times are derived from p95."""
    given = {"p50": p95 / 2, "p90": 0.9 * p95, "p95": p95, "p99": 1.5 * p95, "p99.9": 2 * p95, "max": 3 * p95}
    given |= {"avg": 0.6 * p95, "min": p95 / 10} | times
    kinds = {"HTTP 503": failures} if failures else {}
    return ResultRow(
        method, name, requests, failures, requests / 60, given, failures / 60, kinds, 10 * requests, (), TOLD
    )


def summary(
    *rows: ResultRow, run_id: str = "r", start: float = START, info: Mapping[str, str] | None = None
) -> RunResults:
    """Return the results of a run with these rows; the aggregate is as slow as the slowest."""
    slowest = max((one.response_times["p95"] for one in rows), default=0.0)
    requests, failures = sum(one.requests for one in rows), sum(one.failures for one in rows)
    total = row(AGGREGATED, p95=slowest, requests=requests, failures=failures, method="")
    return RunResults(run(run_id, start=start, end=start + 60, **(info or {})), rows, total, (), ("vm:1", "vm:2"))
