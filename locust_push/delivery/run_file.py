"""``run.json`` of an archive: what is known of a run as a whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust_push.delivery.files import write_whole

RUN_FILE = "run.json"


def note_in_run_file(folder: Path, **known: Any) -> None:
    """Add what became known of a run to its run.json; one that is not there is not made.

    Raises:
        OSError: it could not be written.
        ValueError: it could not be read.
    """
    file = folder / RUN_FILE
    if file.is_file():
        write_run_file(folder, {**json.loads(file.read_bytes()), **known})


def write_run_file(folder: Path, run: Mapping[str, Any]) -> None:
    """Write run.json whole or not at all.

    Raises:
        OSError: it could not be written.
    """
    write_whole(folder / RUN_FILE, json.dumps(run, indent=2) + "\n")
