"""A load whose response times are written to a file as Locust measured them."""

import json
import os
from pathlib import Path

from locust import FastHttpUser, constant_throughput, events, task

import locust_push  # noqa: F401  # switches it on

TIMES: dict[str, list[float]] = {}


class Visitor(FastHttpUser):
    """Makes requests with different response times."""

    wait_time = constant_throughput(40)

    @task(6)
    def fast(self) -> None:
        """Request an immediate answer."""
        self.client.get(os.environ.get("FAST_PATH", "/items"), name="/items")

    @task(3)
    def slow(self) -> None:
        """Request an answer after a short delay."""
        self.client.get(os.environ.get("SLOW_PATH", "/slow/20"), name="/slow")

    @task(1)
    def flaky(self) -> None:
        """Fail one time in ten."""
        self.client.get(os.environ.get("FLAKY_PATH", "/flaky/10"), name="/flaky/10")


def note(name: str, response_time: float, **_: object) -> None:
    """Store a response time, in milliseconds."""
    TIMES.setdefault(name, []).append(response_time)


def write(**_: object) -> None:
    """Write all response times."""
    if path := os.environ.get("RAW_TIMES"):
        Path(path).write_text(json.dumps(TIMES))


events.request.add_listener(note)
events.quit.add_listener(write)
