"""Users that log their actions, and sometimes fail, with a separate logger."""

import logging
from itertools import count

from locust import FastHttpUser, constant_throughput, task

import locust_push

logger = logging.getLogger("shop.visitor")
numbers = count()


class Visitor(FastHttpUser):
    """Requests items."""

    wait_time = constant_throughput(10)

    @task
    def look(self) -> None:
        """Log the request with context fields."""
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
