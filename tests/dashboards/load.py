"""The load of the dashboards' runs: requests of several types and durations. A locustfile."""

from __future__ import annotations

import os
import random

from locust import FastHttpUser, constant_throughput, task

import locust_push  # noqa: F401  # switches it on

SLOWER = int(os.environ.get("SLOWER", "0"))


class Shopper(FastHttpUser):
    """Requests several pages, some of which fail."""

    wait_time = constant_throughput(18)

    @task(6)
    def browse(self) -> None:
        """Short, with a tail."""
        self.client.get(f"/slow/{self.milliseconds(8)}", name="/items/[id]")

    @task(3)
    def search(self) -> None:
        """Longer, much longer in the second run."""
        self.client.get(f"/slow/{self.milliseconds(20 + 25 * SLOWER)}", name="/search")

    @task(1)
    def pay(self) -> None:
        """Fails sometimes, more often in the second run."""
        self.client.post(f"/flaky/{10 + 20 * SLOWER}", data="x" * 200, name="/orders")

    @task(1)
    def missing(self) -> None:
        """Rarely fails with 404."""
        self.client.get(random.choice(("/status/404", *7 * ("/bytes/3000",))), name="/pictures/[id]")  # noqa: S311  # no secret

    def milliseconds(self, typical: float) -> int:
        """Return a duration that is sometimes several times as long as usual."""
        return round(random.lognormvariate(0, 0.5) * typical)
