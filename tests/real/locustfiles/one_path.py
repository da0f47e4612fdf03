"""One repeated request, configured by the environment: PATH, whether it FAILS, and how long the WARM-up takes."""

import os
import time

from locust import FastHttpUser, constant, task

import locust_push  # noqa: F401  # switches it on

PATH = os.environ.get("TEST_PATH", "/items")
WARM_UNTIL = time.monotonic() + float(os.environ.get("TEST_WARM", "0"))


class Visitor(FastHttpUser):
    """Makes one request at a time; none without a path."""

    wait_time = constant(0.02)

    @task
    def visit(self) -> None:
        """Make a request, slowly during the warm-up."""
        if not PATH:
            return
        path = "/slow/200" if time.monotonic() < WARM_UNTIL else PATH
        with self.client.get(path, name="/", catch_response=True) as response:
            if os.environ.get("TEST_FAILS"):
                response.failure("as asked")
