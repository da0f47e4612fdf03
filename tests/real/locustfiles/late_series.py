"""One name from the start, and another that is requested once after three seconds."""

import time

from locust import FastHttpUser, constant_throughput, task

import locust_push  # noqa: F401  # switches it on


class Visitor(FastHttpUser):
    """Requests /once a single time."""

    wait_time = constant_throughput(10)

    def on_start(self) -> None:
        """Set the time of the single request."""
        self.due: float | None = time.monotonic() + 3

    @task
    def read(self) -> None:
        """Read, and once request another name."""
        self.client.get("/always")
        if self.due is not None and time.monotonic() > self.due:
            self.due = None
            self.client.get("/once")
