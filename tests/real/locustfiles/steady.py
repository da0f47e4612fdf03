"""A steady load on tests/target.py: several names, deterministic failures, a declared failure."""

from locust import FastHttpUser, constant_throughput, task

import locust_push  # noqa: F401  # switches it on


class Visitor(FastHttpUser):
    """Reads, and sometimes writes; some requests fail."""

    wait_time = constant_throughput(20)

    @task(5)
    def read(self) -> None:
        """Read an item; all items share a name."""
        self.client.get("/items/1", name="/items/[id]")

    @task(3)
    def flaky(self) -> None:
        """Every fourth one fails with 500."""
        self.client.get("/flaky/25")

    @task(1)
    def missing(self) -> None:
        """Fail with 404."""
        self.client.get("/status/404")

    @task(1)
    def write(self) -> None:
        """Write."""
        self.client.post("/items", data="x" * 100)
