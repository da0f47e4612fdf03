"""docs/reliability.md has the results of the fault matrix."""

from tests.faults.cases import CASES, ROWS
from tests.faults.record import Record
from tests.faults.table import BEGIN, END, HEADINGS, PAGE, replaced, table, title

INCOMPLETE = (
    *("worker-killed", "worker-again", "worker-named-again", "worker-of-master", "killed"),
    *("clock-wrong-2h", "clock-wrong-1970"),
)
"""Cases in which a killed process takes requests with it, or a store refuses them for their time."""


def rows(page: str) -> list[list[str]]:
    """Return the cells of the table, headings first."""
    lines = page.partition(BEGIN)[2].partition(END)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def test_every_case_has_its_row() -> None:
    """The table has each fault with each of its protocols, in the order of the cases."""
    headings, _, *found = rows(PAGE.read_text())
    assert headings == list(HEADINGS)
    assert len(found) == len(ROWS)
    for (name, protocol), row in zip(ROWS, found, strict=True):
        assert row[0].startswith(title(name))
        assert row[1] == protocol


def test_the_page_keeps_the_promise() -> None:
    """Except in these cases, the store finally has the target's counts."""
    killed = tuple(CASES[case][0] for case in INCOMPLETE)
    for fault, _, served, after_run, after_replay, *_ in rows(PAGE.read_text())[2:]:
        stored = after_run if after_replay == "nothing to do" else after_replay
        assert stored == served or fault.startswith(killed), fault


def test_a_new_table_takes_the_place_of_the_old_one() -> None:
    """Text before and after the table is kept."""
    page = f"before\n{BEGIN}old\n{END}after\n"
    record = Record("down", "remote-write", 1000, 0, 1000, 0, -0.2, {"http_400": 1200}, "a note")
    new = replaced(page, table([record]))
    assert new.startswith("before\n")
    assert new.endswith("after\n")
    assert rows(new)[2] == [
        "Receiver down for the whole run (a note)", "remote-write", "1,000", "0", "1,000", "1,200 (http_400)", "0",
        "0.0 s",
    ]  # fmt: skip
    assert replaced(new, table([record])) == new
