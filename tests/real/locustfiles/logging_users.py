"""Users that say what they do, and fail now and then, on a logger of their own."""

import logging
from itertools import count

from locust import FastHttpUser, constant_throughput, task

import locust_push

logger = logging.getLogger("shop.visitor")
numbers = count()


class Visitor(FastHttpUser):
    """Looks at items."""

    wait_time = constant_throughput(10)

    @task
    def look(self) -> None:
        """Say so, with what it belongs to."""
        with locust_push.log_context(user_id=f"user-{id(self)}", test_name="look"):
            logger.info("looking", extra={"request_id": f"r{next(numbers)}"})
            self.client.get("/flaky/10")

    @task
    def stumble(self) -> None:
        """Fail in the user's own code."""
        try:
            {"a": 1}["nothing there"]
        except KeyError:
            logger.exception("stumbled")
            raise
