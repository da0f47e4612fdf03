"""The table of docs/reliability.md, made of the records: `python -m tests.faults.table FOLDER` puts it there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.faults.cases import CASES, ROWS
from tests.faults.record import Record

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- the table: scripts/reliability writes it -->\n", "<!-- end of the table -->\n"

HEADINGS = (
    "fault", "protocol", "target served", "in the store after the run", "after the replay", "samples lost",
    "exit code", "exit later by",
)  # fmt: skip


def load(folder: Path) -> list[Record]:
    """The records in a folder, in the order of the cases.

    Raises:
        FileNotFoundError: One is missing.
    """
    files = [folder / f"{case}.{protocol}.json" for case, protocol in ROWS]
    return [Record(**json.loads(file.read_text())) for file in files]


def table(records: Iterable[Record]) -> str:
    """The table."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *map(_row, records)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def replaced(page: str, new: str) -> str:
    """The page with another table."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{new}\n{END}{after}"


def title(case: str, note: str = "") -> str:
    """The first column."""
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
    PAGE.write_text(replaced(PAGE.read_text(), table(load(Path(sys.argv[1])))))
