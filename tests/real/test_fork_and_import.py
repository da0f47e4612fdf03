"""Importing starts nothing: it would be dead or duplicated in each forked worker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.real.locust_process import ROOT

WHAT_IS_THERE = """
import gc, json, os, sys, threading
import gevent, locust

def state():
    gc.collect()
    return {
        "threads": threading.active_count(),
        "os threads": len(os.listdir("/proc/self/task")),
        "greenlets": sum(isinstance(thing, gevent.Greenlet) for thing in gc.get_objects()),
        "files": sorted(os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
                        if os.path.exists(f"/proc/self/fd/{fd}")),
        "folder": os.listdir(),
    }

before = state()
import locust_push
after = state()
print(json.dumps([before, after]))
"""

IMPORTED = "import sys; import {module}; import json; print(json.dumps(sorted(sys.modules)))"

IMPORT_TIME = """
import time
import locust
started = time.perf_counter()
import locust_push
print(time.perf_counter() - started)
"""


def run_python(code: str, folder: Path) -> Any:
    """Return what a fresh interpreter prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_starts_nothing(tmp_path: Path) -> None:
    """After the import there is no new thread, greenlet, socket or file."""
    before, after = run_python(WHAT_IS_THERE, tmp_path)
    assert after == before


def test_what_only_a_run_that_pushes_needs_is_not_imported_before(tmp_path: Path) -> None:
    """A locustfile that imports the plugin without using it loads only options and listeners."""
    modules = set(run_python(IMPORTED.format(module="locust, locust_push"), tmp_path))
    assert "locust_push.plugin.listeners" in modules
    assert "locust_push.outputs.registry" in modules  # recognizes URLs
    later = {"custom.collect", "delivery", "doctor", "live.agent", "live.run", "notify", "wire"}
    later |= {"results.build", "results.gate"}
    later |= {f"outputs.{name}.sink" for name in ("archive", "pushgateway", "remote_write")}
    assert not modules & {f"locust_push.{part}" for part in later}


@pytest.mark.parametrize("module", ["locust_push", "locust_push.cli.main"])
def test_without_locust_the_import_stays_light(module: str, tmp_path: Path) -> None:
    """Neither the package by itself nor its command line imports Locust, gevent or requests."""
    modules = set(run_python(IMPORTED.format(module=module), tmp_path))
    assert module in modules
    assert not modules & {"locust", "gevent", "requests"}


def test_importing_on_top_of_locust_is_quick(
    tmp_path: Path, record_testsuite_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The import time on top of Locust's is reported; ten times the budget of 50 ms is a failure."""
    seconds = min(run_python(IMPORT_TIME, tmp_path) for _ in range(3))
    record_testsuite_property("import_seconds", seconds)
    with capsys.disabled():
        print(f"\nimport locust_push on top of locust: {1000 * seconds:.0f} ms")  # noqa: T201  # the report
    assert seconds < 0.5
