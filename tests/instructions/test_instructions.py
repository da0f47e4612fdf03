"""Instructions per event and per sample stay within a margin of the recorded ones, on any machine.

Measured as multiples of a call of an empty listener in the same Python: that takes out what differs between builds of
it. Where a figure has become better, lower it here; where it must become worse, say why in the commit that raises it.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from locust_push.core.hot_path.selection import COMPILED
from tests.instructions.counting import instructions

PLAIN = "listener in Python"

ALLOWED = {"listener": 0.162, PLAIN: 0.569, "encoder 1.0": 0.303, "encoder 2.0": 0.264}
"""Per event above an empty listener, and per sample; in calls of that listener, as counted with CPython 3.11."""

MARGIN = 0.08
"""What may come on top, as a share: other versions of the libraries that compress and pack, other processors."""

OTHER_PYTHON = 0.6
"""The same for a Python that the figures are not of."""

TIMES = 4000

WITHOUT_COMPILED = """
import runpy, sys
sys.modules["locust_push.core.hot_path.compiled"] = None
runpy.run_module("tests.instructions.workload", run_name="__main__", alter_sys=True)
"""


def count(workload: str, times: int) -> int:
    """Instructions of a whole process that does something so many times."""
    python = ["-c", WITHOUT_COMPILED] if workload == PLAIN else ["-m", "tests.instructions.workload"]
    return instructions([*python, workload.removesuffix(" in Python"), str(times)])


def per_operation(workload: str) -> float:
    """Return the instructions of one more operation: start and warm-up are in both counts, and cancel out."""
    return (count(workload, 2 * TIMES) - count(workload, TIMES)) / TIMES


@pytest.mark.timeout(180)
def test_no_more_instructions_than_before() -> None:
    """Neither an event nor a sample takes more instructions than the margin allows."""
    guarded = [name for name in ALLOWED if COMPILED or name != "listener"]
    names = ["empty", *guarded]
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(names, pool.map(per_operation, names), strict=True))
    for name in {"listener", PLAIN} & found.keys():
        found[name] -= found["empty"]
    counted = {name: round(found[name] / found["empty"], 3) for name in guarded}
    margin = MARGIN if sys.version_info[:2] == (3, 11) else OTHER_PYTHON
    grown = {name: count for name, count in counted.items() if count > ALLOWED[name] * (1 + margin)}
    assert not grown, f"counted {counted}, allowed {ALLOWED} and {margin:.0%} more"
