"""The table of two runs."""

from io import StringIO

from rich.console import Console

from locust_push.demo.comparison import comparison_table
from locust_push.history import Row, Run, RunSummary


def summary(run_id: str, *rows: Row) -> RunSummary:
    """Return a run of these rows."""
    total = Row("", "Aggregated", sum(row.requests for row in rows), 0, 0.0, {})
    return RunSummary(Run(run_id, {}, None, None), rows, total)


def row(name: str, requests: int = 100, failures: int = 0, **seconds: float) -> Row:
    """Return a row of GET requests."""
    return Row("GET", name, requests, failures, 0.0, seconds)


def shown(base: RunSummary, run: RunSummary, *, color: bool = False) -> str:
    """Return the table as text."""
    output = StringIO()
    console = Console(file=output, width=100, color_system="standard" if color else None, force_terminal=color)
    console.print(comparison_table(base, run))
    return output.getvalue()


def line(text: str, table: str) -> str:
    """Return the one line of a table that holds a text."""
    (found,) = [line for line in table.splitlines() if text in line]
    return " ".join(found.split())


def test_each_request_shows_both_runs_and_the_change() -> None:
    """Counts, failures in percent, response times in milliseconds, and their change in percent."""
    base = summary("a", row("/cart", 200, 2, p50=0.010, p95=0.100, p99=0.200))
    run = summary("b", row("/cart", 100, 5, p50=0.015, p95=0.100, p99=0.100))
    table = shown(base, run)
    assert line("/cart", table) == "GET /cart 200 → 100 1.0 → 5.0 10 → 15 100 → 100 200 → 100"
    assert line("+50 %", table) == "+50 % +0 % -50 %"


def test_worse_is_red_better_is_green_and_noise_has_no_colour() -> None:
    """The direction of a change shows at a glance."""
    base = summary("a", row("/", p50=1.0, p95=1.0, p99=1.0))
    run = summary("b", row("/", p50=1.2, p95=0.8, p99=1.01))
    table = shown(base, run, color=True)
    assert "\x1b[31m+20 %" in table
    assert "\x1b[32m-20 %" in table
    assert "\x1b[2m+1 %" in table


def test_a_request_of_one_run_only_has_its_row() -> None:
    """What was not requested has no response time, and nothing to compare with."""
    table = shown(summary("a", row("/old", p50=0.5)), summary("b", row("/new", p50=0.5)))
    assert line("/old", table) == "GET /old 100 → 0 0.0 → 0.0 500 → - - → - - → -"
    assert line("/new", table) == "GET /new 0 → 100 0.0 → 0.0 - → 500 - → - - → -"


def test_names_are_shown_as_they_are() -> None:
    """Brackets in a name are no markup."""
    assert "GET /products/[id][/red]" in shown(summary("a", row("/products/[id][/red]")), summary("b"))


def test_the_aggregate_comes_last() -> None:
    """As in Locust's own table."""
    lines = shown(summary("a", row("/zzz")), summary("b", row("/zzz"))).split()
    assert lines.index("Aggregated") > lines.index("/zzz")
