"""Other operating systems: their differences are in one module, and the package works without what Windows lacks."""

import ast
import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from locust_push.core.system import lock
from tests.without_posix import ATTRIBUTES, MODULES

REPOSITORY = Path(__file__).parents[3]
PACKAGE = REPOSITORY / "locust_push"

CORE_PATH = (
    *("logs", "live/test_run.py", "cli/test_replay.py", "cli/test_prune.py", "plugin/test_session.py"),
    *(f"delivery/test_{name}.py" for name in ("spool", "segment_file", "recordings", "disk_worker")),
)
"""Tests of what touches files, processes, signals and limits of time."""


def posix_names(file: Path) -> set[str]:
    """Return the modules and attributes in a file that only POSIX systems have."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names):
                found |= {alias.name for alias in names} & MODULES
            case ast.ImportFrom(module, names) if module in ATTRIBUTES:
                found |= {alias.name for alias in names} & ATTRIBUTES[module]
            case ast.Attribute(ast.Name(module), attribute) if attribute in ATTRIBUTES.get(module, ()):
                found.add(f"{module}.{attribute}")
    return found


def test_only_one_module_calls_what_not_every_system_has() -> None:
    """Every other module of the package is free of calls that only POSIX systems have."""
    found = {str(file.relative_to(PACKAGE)): posix_names(file) for file in PACKAGE.rglob("*.py")}
    assert [name for name, names in found.items() if names] == ["core/system.py"]


def test_the_package_works_without_posix() -> None:
    """With the modules and functions hidden that Windows lacks, runs, logs, spools and replays work."""
    files = [f"tests/unit/{name}" for name in CORE_PATH]
    locks = "not claimed and not running_process"
    command = [sys.executable, "-m", "pytest", "-p", "tests.without_posix", "-p", "no:xdist", "-q", "-k", locks, *files]
    done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def test_without_locks_every_caller_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without locks a file can be locked twice."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    path = tmp_path / "file"
    path.touch()
    with path.open("rb") as one, path.open("rb") as other:
        assert lock(one)
        assert lock(other)
