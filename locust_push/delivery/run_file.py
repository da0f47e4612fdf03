"""The folder of a run in an archive or spool, and its ``run.json``: facts about the run as a whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust_push.delivery.files import write_whole

RUN_FILE = "run.json"


def run_folder(directory: Path, run_id: str) -> Path:
    """Return the folder of a run, always a direct child of ``directory``.

    Raises:
        ValueError: It cannot be the name of a folder; :func:`locust_push.config.values.run_id` refuses such an ID.
    """
    folder = directory / run_id
    if folder.parent != directory or run_id in {"", ".", ".."} or "\0" in run_id:
        raise ValueError(f"BUG: {run_id[:200]!r} became a run ID")
    return folder


def claim_run_folder(directory: Path, run_id: str) -> bool:
    """Create the folder of a run; return False if it exists, which means that another run has that ID.

    If it cannot be created, the later write into it reports the reason.
    """
    try:
        run_folder(directory, run_id).mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError:
        return True
    return True


def note_in_run_file(folder: Path, **known: Any) -> None:
    """Add facts to the run.json of a run; if it is missing it is not created.

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
