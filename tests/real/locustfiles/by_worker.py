"""Each worker requests a different path, named by SHARE, so that the target counts the requests of each.

With PAUSE_AFTER a worker makes that many requests and then none, so that all of them can be reported.
"""

import os

import gevent
from locust import FastHttpUser, constant_throughput, task

import locust_push  # noqa: F401  # switches it on

SHARE = os.environ.get("SHARE", "none")
PAUSE_AFTER = int(os.environ.get("PAUSE_AFTER", "0"))


class Visitor(FastHttpUser):
    """Reads, sometimes with a failure."""

    wait_time = constant_throughput(20)
    made = 0

    @task(3)
    def read(self) -> None:
        """Read."""
        self.get(f"/items/{SHARE}")

    @task(1)
    def miss(self) -> None:
        """Make a request that fails."""
        self.get(f"/bytes/{SHARE}")

    def get(self, path: str) -> None:
        """Make a request, if any are left."""
        if PAUSE_AFTER and Visitor.made >= PAUSE_AFTER:
            gevent.sleep(3600)
        Visitor.made += 1
        self.client.get(path)
