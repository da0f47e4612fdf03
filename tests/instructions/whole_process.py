"""What locust-push adds to the instructions of a whole Locust process, in parts: per run, per name, per request."""

from __future__ import annotations

import compileall
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from locust_push.testing import Receiver
from tests.instructions.counting import instructions
from tests.servers.target import Target

ROOT = Path(__file__).parents[2]

FEW = 50
"""Names of the run whose own cost is counted."""

_RINGS = 10
"""Names for the cost of a request. It depends on how many requests to a name there are between two pushes, not on the
number of names: a saturated process makes 33 to each of 2,000 names, and 1,400 to each of 50."""


@dataclass(frozen=True, slots=True)
class Added:
    """Instructions that are there with locust-push and not without. The share of a push is not in them.

    Attributes:
        per_run: Of a run with :data:`FEW` names, but for its requests.
        per_name: Of one name more, from its first request to its staleness markers.
        per_request: Of a request to a known name, as a multiple of those without.
    """

    per_run: float
    per_name: float
    per_request: float


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts runs against a target, with the installed files of the package in a folder."""

    target: Target
    receiver: Receiver
    folder: Path

    def count(self, plugin: bool, names: int, requests: int) -> int:  # in a table of runs
        """Instructions of one run."""
        push = ["--push-url", self.receiver.write_url, "--push-interval", "1h", "--push-max-names", "10000"]
        locust = ["-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py")), "-H", self.target.url]
        environ = {"WHOLE_NAMES": str(names), "WHOLE_REQUESTS": str(requests), "WHOLE_PLUGIN": "1" if plugin else ""}
        options = ["--headless", "--only-summary", "-u", "1", *(push if plugin else [])]
        # In that folder, since what is in the current one is imported first.
        return instructions([*locust, *options], {**environ, "PYTHONPATH": str(self.folder)}, self.folder)

    def added(self, names: int, requests: int) -> Added:
        """Count with :data:`FEW` and with ``names`` names; then ``requests`` more to each of a few names."""
        runs = [(FEW, 2 * FEW), (names, names), (_RINGS, 2 * _RINGS), (_RINGS, (2 + requests) * _RINGS)]
        both = [(plugin, *run) for run in runs for plugin in (False, True)]
        with ThreadPoolExecutor(2) as pool:
            counted = [*pool.map(lambda run: self.count(*run), both)]
        without, with_us = counted[::2], counted[1::2]
        few, many, *_ = (mine - locusts for mine, locusts in zip(with_us, without, strict=True))
        per_request = (with_us[3] - with_us[2]) / (without[3] - without[2])
        return Added(few, (many - few) / (names - FEW), per_request)


@contextmanager
def counter(folder: Path) -> Iterator[Counter]:
    """Start what is needed, with the package installed in ``folder`` as from a wheel: not editable, and compiled."""
    shutil.copytree(ROOT / "locust_push", folder / "locust_push", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(folder / "locust_push", quiet=1)
    with ExitStack() as stack:
        target = stack.enter_context(Target(folder / "target"))
        yield Counter(target, stack.enter_context(Receiver()), folder)
