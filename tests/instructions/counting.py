"""Counts the instructions of a process, which are the same whatever else the machine does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.locate import find_executable


def instructions(python: Sequence[str], environ: Mapping[str, str] | None = None, folder: Path | None = None) -> int:
    """Instructions of a Python with these arguments, in a folder, as cachegrind counts them."""
    program = find_executable("valgrind", "valgrind.bin")
    library = program.parent.parent / "libexec" / "valgrind"
    counting = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run(
        [str(program), *counting, sys.executable, *python],
        check=False,
        text=True,
        capture_output=True,
        cwd=folder,
        env={**os.environ, "VALGRIND_LIB": str(library), "PYTHONHASHSEED": "0", **(environ or {})},
    )
    collected = re.findall(r"I +refs: +([\d,]+)", done.stderr)
    # What the process forks is counted apart, and ends before it.
    assert collected, f"{python} counted nothing:\n{done.stderr[-2000:]}"
    return int(collected[-1].replace(",", ""))
