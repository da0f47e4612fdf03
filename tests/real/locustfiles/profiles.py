"""Workers with different latency profiles: each fires events with other times, and writes them to a file.

A worker's times go to ``times-<index>.json`` when it ends, milliseconds; the master writes what Locust's own statistics
make of them to ``locust.json``.
"""

import json
import random
from pathlib import Path
from typing import Any

import gevent
from locust import User, events, task
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

import locust_push  # noqa: F401  # switches it on

# Median in milliseconds, spread of the logarithm, events in a row: a crowd of fast ones, and a few that are slow.
PROFILES = ((12.0, 0.3, 40), (150.0, 0.5, 10), (2200.0, 0.8, 2))

QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)

TIMES: list[float] = []


class Caller(User):
    """Fires events."""

    def on_start(self) -> None:
        """Determine the profile of this worker, with the same numbers in every run."""
        runner = self.environment.runner
        assert isinstance(runner, WorkerRunner)
        self.median, self.spread, self.row = PROFILES[runner.worker_index % len(PROFILES)]
        self.source = random.Random(runner.worker_index)  # noqa: S311 - the same load every time, no secret

    @task
    def fire(self) -> None:
        """Fire some events, and let other greenlets run."""
        for _ in range(self.row):
            milliseconds = self.median * self.source.lognormvariate(0, self.spread)
            TIMES.append(milliseconds)
            self.environment.events.request.fire(
                request_type="GET", name="/profile", response_time=milliseconds, response_length=1
            )
        gevent.sleep(0.01)


def write(environment: Environment) -> None:
    """Write the data for judging the percentiles."""
    runner: Any = environment.runner
    if isinstance(runner, MasterRunner):
        own = {str(share): runner.stats.total.get_response_time_percentile(share) for share in QUANTILES}
        Path("locust.json").write_text(json.dumps(own))
    else:
        Path(f"times-{runner.worker_index}.json").write_text(json.dumps(TIMES))


def on_init(environment: Environment, **_: object) -> None:
    """Write the files at the very end, after the last report."""
    environment.events.quit.add_listener(lambda **_: write(environment))


events.init.add_listener(on_init)
