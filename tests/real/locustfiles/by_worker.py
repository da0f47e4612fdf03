"""Each worker has a path of its own, named by SHARE, so that the target counts what each of them did.

With PAUSE_AFTER a worker makes so many requests and then none: what it did can be reported to the last one.
"""

import os

import gevent
from locust import FastHttpUser, constant_throughput, task

import locust_push  # noqa: F401  # switches it on

SHARE = os.environ.get("SHARE", "none")
PAUSE_AFTER = int(os.environ.get("PAUSE_AFTER", "0"))


class Visitor(FastHttpUser):
    """Reads, some of it in vain."""

    wait_time = constant_throughput(20)
    made = 0

    @task(3)
    def read(self) -> None:
        """Read."""
        self.get(f"/items/{SHARE}")

    @task(1)
    def miss(self) -> None:
        """Fail: a number would belong there."""
        self.get(f"/bytes/{SHARE}")

    def get(self, path: str) -> None:
        """Make a request, if there are any left."""
        if PAUSE_AFTER and Visitor.made >= PAUSE_AFTER:
            gevent.sleep(3600)
        Visitor.made += 1
        self.client.get(path)
