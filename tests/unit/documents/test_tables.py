"""Tables of runs, comparisons and verdicts, line by line."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from locust_push.cli.drawing import rich_table
from locust_push.documents.markdown import markdown_table
from locust_push.documents.tables import (
    Grid,
    comparison_grid,
    failures_grid,
    gate_grid,
    headline,
    plain_text,
    rows_grid,
    runs_grid,
)
from locust_push.results.baselines import Baselines
from locust_push.results.compare import compare
from locust_push.results.gate import Gate, judge
from locust_push.results.gate_expression import parse
from tests.unit.summaries import START, row, run, summary

GOLDEN = Path(__file__).parent / "golden"
NOW = START + 3600

BASE = summary(
    row("/products/[id]", p95=0.1, requests=123_450, failures=120),
    row("/cart", p95=0.02, requests=100_000, method="POST"),
    row("/old", p95=0.5, requests=5),
    run_id="base",
)
RUN = summary(
    row("/products/[id]", p95=0.161, requests=120_000, failures=7000),
    row("/cart", p95=0.0204, requests=100_000, method="POST"),
    row("/new|odd <name>", p95=12.0, requests=50),
    run_id="run",
    start=START + 600,
    info={"locustfile": "shop.py", "host": "http://shop", "git_branch": "main", "git_commit": "0123456789abcdef"},
)


def gate() -> Grid:
    """Return a verdict with each type of outcome."""
    baselines = Baselines(
        (
            BASE,
            replace(BASE, rows=(row("/cart", p95=0.0202, requests=100_000, method="POST"), *BASE.rows[:1])),
            replace(BASE, rows=()),
        )
    )
    expressions = ("p95{name=*} > +10% and +5ms", "p95{name=/cart} > +1%", "rps < 10", "error_rate > 1%")
    return gate_grid(judge(Gate([parse(text) for text in expressions]), RUN, baselines))


GRIDS = {
    "runs": runs_grid([RUN.run, BASE.run, run("live", end=None), replace(run("lost", end=None), start_time=None)], NOW),
    "rows": rows_grid(RUN),
    "failures": failures_grid(RUN),
    "comparison": comparison_grid(compare([BASE], RUN), narrow=True),
    "gate": gate(),
}


def terminal(grid: Grid) -> list[str]:
    """Return the output of a terminal of 80 columns, with its colours."""
    shown = StringIO()
    Console(width=80, force_terminal=True, color_system="standard", file=shown).print(rich_table(grid))
    return shown.getvalue().splitlines()


FORMS = {"plain": plain_text, "markdown": lambda grid: markdown_table(grid).splitlines(), "terminal": terminal}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", GRIDS)
def test_tables_look_as_they_were_looked_at(name: str, form: str) -> None:
    """Tables equal the golden files; delete one to have it rewritten, and review it."""
    grid = GRIDS[name]
    assert grid is not None
    shown = "\n".join(line.rstrip() for line in FORMS[form](grid)) + "\n"
    golden = GOLDEN / f"{name}.{form}.txt"
    if not golden.exists():
        golden.write_text(shown)
    assert shown == golden.read_text()


def test_no_failures_have_no_table() -> None:
    """Without failures there is no table."""
    assert failures_grid(summary(row("/a"))) is None


HOSTILE = "a\nb\r\x1b[2J\u2028c\u202e\t"


@pytest.mark.parametrize("form", FORMS)
def test_names_keep_to_their_line(form: str) -> None:
    """Hostile names keep each row on one line without control characters."""
    hostile = summary(row(HOSTILE, failures=1), run_id=HOSTILE, info={"users": HOSTILE, "git_branch": HOSTILE})
    hostile = replace(hostile, aggregated=replace(hostile.aggregated, failures_by_kind={HOSTILE: 1}))
    for grid in (rows_grid(hostile), failures_grid(hostile), runs_grid([hostile.run], NOW)):
        assert grid is not None
        shown = "".join(FORMS[form](grid))
        assert "\x1b[2J" not in shown
        assert not set(HOSTILE) & set(shown) & set("\n\r\t\u2028\u202e")
    assert headline(hostile.run, NOW).isprintable()


def test_a_run_is_one_line() -> None:
    """The headline has the run's ID, start, duration and parameters."""
    assert headline(RUN.run, NOW) == "run, 2027-01-15 08:10:00, 1m00s, shop.py http://shop main 01234567"
    assert headline(run("live", end=None), NOW) == "live, 2027-01-15 08:00:00, broken off"
