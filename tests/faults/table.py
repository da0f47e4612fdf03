"""The table of docs/reliability.md from the records: `python -m tests.faults.table FOLDER` writes it.

A case of which there is no record keeps the row that it has.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.faults.cases import CASES, ROWS
from tests.faults.record import Record

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- the table: scripts/reliability writes it -->\n", "<!-- end of the table -->\n"

HEADINGS = (
    "fault", "protocol", "target served", "in the store after the run", "after the replay", "samples lost",
    "exit code", "exit later by",
)  # fmt: skip


def load(folder: Path) -> dict[tuple[str, str], Record]:
    """The records in a folder, by case and protocol."""
    files = {(case, protocol): folder / f"{case}.{protocol}.json" for case, protocol in ROWS}
    return {key: Record(**json.loads(file.read_text())) for key, file in files.items() if file.exists()}


def table(records: Iterable[Record]) -> str:
    """Return the table of these records."""
    return "".join(map(_line, [HEADINGS, ("---",) * len(HEADINGS), *map(_row, records)]))


def updated(page: str, records: Mapping[tuple[str, str], Record]) -> str:
    """Return the table of all cases in order, from the records or, without one, from the page.

    Raises:
        LookupError: There is neither.
    """
    lines = [_line(_row(records[row])) if row in records else _present(page, *row) for row in ROWS]
    return table(()) + "".join(lines)


def _present(page: str, case: str, protocol: str) -> str:
    for line in page.splitlines(keepends=True):
        first, second = f"| {title(case)}", f" | {protocol} | "
        if line.startswith((f"{first} |", f"{first} (")) and second in line:
            return line
    raise LookupError(f"neither a record nor a row of {case} with {protocol}")


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def replaced(page: str, new: str) -> str:
    """Return the page with another table."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{new}\n{END}{after}"


def title(case: str, note: str = "") -> str:
    """Return the first column."""
    words, _ = CASES[case]
    return f"{words} ({note})" if note else words


def _row(record: Record) -> tuple[str, ...]:
    lost = ", ".join(f"{count:,} ({reason})" for reason, count in sorted(record.lost.items()))
    return (
        title(record.case, record.note),
        record.protocol,
        f"{record.served:,}",
        f"{record.after_run:,}",
        "nothing to do" if record.after_replay is None else f"{record.after_replay:,}",
        lost or "none",
        "no process" if record.exit_code is None else str(record.exit_code),
        _delay(record),
    )


def _delay(record: Record) -> str:
    if record.exit_code is None:
        return "no process"
    return "not measured" if record.exit_delay is None else f"{max(0.0, record.exit_delay):.1f} s"


if __name__ == "__main__":
    before = PAGE.read_text()
    PAGE.write_text(replaced(before, updated(before, load(Path(sys.argv[1])))))
