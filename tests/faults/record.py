"""The recorded result of one case."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.faults.cases import ROWS

FOLDER_VARIABLE = "LOCUST_PUSH_RECORDS"
"""Environment variable: the folder that records go to; without it they are not kept."""


@dataclass(frozen=True)
class Record:
    """The figures of one case with one protocol.

    Attributes:
        case: A key of CASES.
        protocol: How it was pushed.
        served: Requests that the target has served.
        after_run: Requests in the store when all processes had ended.
        after_replay: The same after the replay of the spool; None where nothing was spooled.
        exit_code: Of Locust; None where there was no process.
        exit_delay: Seconds from the end of the run to that of the process, beyond those of a run that does not push.
        lost: Samples that the processes say were lost, by reason.
        note: What a reader should know of it.
    """

    case: str
    protocol: str
    served: int
    after_run: int
    after_replay: int | None = None
    exit_code: int | None = None
    exit_delay: float | None = None
    lost: dict[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def complete(self) -> bool:
        """Whether the store finally has all requests that the target served."""
        return self.served == (self.after_run if self.after_replay is None else self.after_replay)

    def keep(self) -> None:
        """Write the record to its folder, if one is configured."""
        if (case := (self.case, self.protocol)) not in ROWS:
            raise ValueError(f"{case} is no case of the matrix")
        if folder := os.environ.get(FOLDER_VARIABLE):
            Path(folder, f"{self.case}.{self.protocol}.json").write_text(json.dumps(asdict(self)))


def keep_counts(case: str, protocol: str, served: float, stored: float, note: str = "") -> None:
    """Keep the requests of a case of which nothing else is measured, and in which the exit code is 0."""
    Record(case, protocol, round(served), round(stored), exit_code=0, note=note).keep()
