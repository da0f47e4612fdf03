from __future__ import annotations

from dataclasses import replace

from locust_push.live.end_message import RunEnd, run_end_message
from locust_push.live.run_totals import RunTotals, TotalsRow
from locust_push.notify.message import Kind

TIMES = {"0.5": 0.012, "0.9": 0.04, "0.95": 0.05, "0.99": 1.5, "0.999": 2.0, "1": 3.25}


def end(*rows: TotalsRow, passed: bool = True) -> RunEnd:
    requests, failures = sum(row.requests for row in rows), sum(row.failures for row in rows)
    total = TotalsRow("", "Aggregated", requests, failures, 123.45, TIMES)
    summary = RunTotals((*rows, total))
    return RunEnd(run_id="R", seconds=3725, summary=summary, passed=passed, host="http://shop")


def test_a_good_run() -> None:
    """The message has verdict, target, totals and response times with their units."""
    message = run_end_message(end(TotalsRow("GET", "/", 12345, 0, 1.0, TIMES)))
    assert (message.title, message.kind) == ("Load test passed: R", Kind.SUCCESS)
    assert message.text.splitlines() == [
        "Target: http://shop",
        "12,345 requests in 1 h 2 min 5 s, 123.5 per second",
        "No request failed",
        "Response times: median 12.0 ms, p95 50.0 ms, p99 1.50 s, max 3.25 s",
    ]


def test_a_bad_run_names_what_failed_most() -> None:
    """At most five rows are listed, the worst first, and the number of others."""
    rows = [TotalsRow("GET", f"/{number}", 10, number, 1.0, TIMES) for number in range(8)]
    message = run_end_message(end(*rows, passed=False))
    assert (message.title, message.kind) == ("Load test failed: R", Kind.FAILURE)
    assert "28 failed (35.0 %)" in message.text
    assert [line for line in message.text.splitlines() if line.startswith("- ")] == [
        "- GET /7: 7 failed (70.0 %)",
        "- GET /6: 6 failed (60.0 %)",
        "- GET /5: 5 failed (50.0 %)",
        "- GET /4: 4 failed (40.0 %)",
        "- GET /3: 3 failed (30.0 %)",
        "- and 2 more",
    ]


def test_a_run_without_requests() -> None:
    """Without requests there are no response times."""
    text = run_end_message(end()).text
    assert "0 requests" in text
    assert "Response times" not in text


def test_the_verdict_comes_before_the_links() -> None:
    """All lines of the gate are included."""
    judged = replace(
        end(), verdict=["Gate: NOT MET: run R against B.", "- a reason"], links=[("CI job", "http://ci/1")]
    )
    assert run_end_message(judged).text.splitlines()[-3:] == [
        "Gate: NOT MET: run R against B.",
        "- a reason",
        "CI job: http://ci/1",
    ]


def test_links_come_last() -> None:
    """Links have their names."""
    linked = replace(end(), links=[("Dashboard", "http://grafana/d/live"), ("CI job", "http://ci/1")])
    assert run_end_message(linked).text.endswith("\nDashboard: http://grafana/d/live\nCI job: http://ci/1")
