"""Processes that share host name and process ID with others, as in containers."""

import functools
import subprocess

import pytest

CONTAINER = (
    *("unshare", "-Ur", "--pid", "--fork", "--kill-child", "--uts"),
    *("sh", "-c", 'hostname node && exec "$@"', "sh"),
)
"""Starts a command as process 1 of the host ``node``, on the machine's own network."""


@functools.cache
def _refusal() -> str | None:
    """Return why namespaces are not possible here; None if they are."""
    try:
        tried = subprocess.run([*CONTAINER, "true"], check=False, capture_output=True, text=True, timeout=20)
    except FileNotFoundError:
        return "unshare is not installed"
    return tried.stderr.strip() if tried.returncode else None


def container() -> tuple[str, ...]:
    """Return the command that starts another one in a container; skips the test if that is not allowed."""
    if refusal := _refusal():
        pytest.skip(f"no namespaces here: {refusal}")
    return CONTAINER
