"""Requests of widely spread response times, each written to the file that RAW_TIMES names, in milliseconds."""

import os
import random
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_throughput, events, task

import locust_push  # noqa: F401  # switches it on

TIMES: list[float] = []


def keep(response_time: float, **_: Any) -> None:
    """Store the response time that Locust measured."""
    TIMES.append(response_time)


def write(**_: Any) -> None:
    """Write all times: a line per request."""
    Path(os.environ["RAW_TIMES"]).write_text("".join(f"{time!r}\n" for time in TIMES))


events.request.add_listener(keep)
events.test_stop.add_listener(write)


class Visitor(FastHttpUser):
    """Waits for answers that take between zero and a third of a second."""

    wait_time = constant_throughput(20)

    @task
    def wait(self) -> None:
        """Request a delay; short ones are the most frequent."""
        milliseconds = min(300, round(random.expovariate(1 / 40)))  # no secret
        self.client.get(f"/slow/{milliseconds}", name="/slow/[ms]")
