"""Which commit the load test was started from, by asking ``git`` once."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from locust_push.core.record import record

_STATUS = ("git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no")
"""Commit, branch and changes by one command; without the index lock, since others may use the same clone meanwhile."""

_TIMEOUT = 2.0
"""Seconds. A large repository on a cold network disk can take longer; the start of a run does not wait for it."""

RunCommand = Callable[[Sequence[str], Path], str | None]
"""Runs a command in a folder and returns its output; None if it failed, is missing or took too long."""


@record(frozen=True, slots=True)
class GitInfo:
    """State of a working tree.

    Attributes:
        commit: Full hash.
        branch: None when a commit is checked out rather than a branch.
        dirty: Whether tracked files were changed.
    """

    commit: str
    branch: str | None
    dirty: bool


def detect_git(cwd: Path, run_command: RunCommand) -> GitInfo | None:
    """Return the state of the repository around a folder; None without git, repository, commit, or in time."""
    output = run_command(_STATUS, cwd)
    return None if output is None else _parsed(output.splitlines())


def _parsed(lines: Sequence[str]) -> GitInfo | None:
    """Read porcelain format v2 (git-status, "Branch Headers"): headers start with ``#``, anything else is a change."""
    headers = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# ") and line.count(" ") > 1)
    commit = headers.get("branch.oid", "(initial)")
    branch = headers.get("branch.head", "(detached)")
    if commit == "(initial)":
        return None
    dirty = any(line and not line.startswith("#") for line in lines)
    return GitInfo(commit, None if branch == "(detached)" else branch, dirty)


def run_command(command: Sequence[str], cwd: Path) -> str | None:
    """Run a command for at most two seconds; see :data:`RunCommand`."""
    try:
        done = subprocess.run(  # noqa: S603  # the command is the constant above
            command, cwd=cwd, capture_output=True, check=False, text=True, errors="replace", timeout=_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
