"""Finds the servers' executables: in the cache that `scripts/servers` fills, then on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path


class ServerMissingError(Exception):
    """A server's executable is not installed; the message says how to get it."""


def cache_folder() -> Path:
    """Return the folder that `scripts/servers` fills."""
    chosen = os.environ.get("LOCUST_PUSH_SERVERS")
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "locust-push" / "servers"


def find_executable(server: str, program: str, *, major: int | None = None) -> Path:
    """Return the path of `program`, which belongs to `server` as `scripts/servers` names it.

    `major` is the version that a program on PATH must have, for servers of which the tests need several.

    Raises:
        ServerMissingError: the program is neither in the cache nor on PATH.
    """
    for folder in ("usr/bin", "usr/sbin"):
        cached = cache_folder() / server / folder / program
        if os.access(cached, os.X_OK):
            return cached
    # Debian keeps daemons in folders that aren't on every user's PATH.
    on_path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if on_path is not None and (major is None or _major_version(on_path) == major):
        return Path(on_path)
    message = f"{server} is not installed: run scripts/servers {server}"
    raise ServerMissingError(message)


def _major_version(program: str) -> int | None:
    done = subprocess.run([program, "--version"], check=False, text=True, capture_output=True)
    found = re.search(r"version v?(\d+)\.", done.stdout + done.stderr)
    return int(found.group(1)) if found else None
