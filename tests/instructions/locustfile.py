"""A load whose instructions are the same each time: one user, a number of requests, and nothing by the clock.

WHOLE_NAMES, WHOLE_REQUESTS: how many names, which are used in turn, and how many requests. WHOLE_PLUGIN: whether with
locust-push, the installed files of which are elsewhere than the checkout's.
"""

import gc
import os

import locust.runners
import locust.stats
from locust import FastHttpUser, task

# Whether a pass of it falls into a run is chance, and each takes as long as hundreds of requests.
gc.disable()
locust.runners.CPU_MONITOR_INTERVAL = locust.stats.HISTORY_STATS_INTERVAL_SEC = 1_000_000

if os.environ["WHOLE_PLUGIN"]:
    import locust_push  # noqa: F401  # adds its listeners

NAMES = [f"/items/{number}" for number in range(int(os.environ["WHOLE_NAMES"]))]
REQUESTS = int(os.environ["WHOLE_REQUESTS"])


class Visitor(FastHttpUser):
    """Asks for the same page under all names in turn, and ends the run."""

    @task
    def read(self) -> None:
        """Read; the answer comes late enough that each request waits for it once."""
        for number in range(REQUESTS):
            self.client.get("/slow/8", name=NAMES[number % len(NAMES)])
        runner = self.environment.runner
        assert runner is not None
        runner.quit()
