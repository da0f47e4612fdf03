"""A steady load by a locustfile that does not import locust_push."""

from locust import FastHttpUser, constant_throughput, task


class Visitor(FastHttpUser):
    """Reads."""

    wait_time = constant_throughput(20)

    @task
    def read(self) -> None:
        """Read an item."""
        self.client.get("/items/1")
