"""The folder of a run in an archive or spool, and its ``run.json``: what is known of the run as a whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust_push.delivery.files import write_whole

RUN_FILE = "run.json"


def run_folder(directory: Path, run_id: str) -> Path:
    """Return the folder of a run, which is always one directly in ``directory``.

    Raises:
        ValueError: No folder can have that name; :func:`locust_push.config.values.run_id` refuses such an ID.
    """
    folder = directory / run_id
    if folder.parent != directory or run_id in {"", ".", ".."} or "\0" in run_id:
        raise ValueError(f"BUG: {run_id[:200]!r} became a run ID")
    return folder


def claim_run_folder(directory: Path, run_id: str) -> bool:
    """Make the folder of a run; return False where there is one already, since another run has that ID.

    A folder that cannot be made is left to whoever writes into it, who reports why.
    """
    try:
        run_folder(directory, run_id).mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError:
        return True
    return True


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
