"""Every tenth request fails, evenly spread: tests/target.py counts them."""

from locust import FastHttpUser, constant_throughput, task


class Visitor(FastHttpUser):
    """Makes twenty requests a second."""

    wait_time = constant_throughput(20)

    @task
    def ask(self) -> None:
        """Fail every tenth time."""
        self.client.get("/flaky/10")
