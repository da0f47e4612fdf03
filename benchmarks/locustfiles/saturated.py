"""Users that never wait, on 50 names; at the end one line with requests, seconds and CPU seconds."""

import sys
import time
from itertools import cycle

from locust import FastHttpUser, events, task
from locust.env import Environment

import locust_push  # noqa: F401  # switches it on where there is a --push-url

NAMES = [f"/items/{number}" for number in range(50)]
STARTED: list[float] = []


class Visitor(FastHttpUser):
    """Asks for one thing after the other."""

    names = cycle(NAMES)

    @task
    def read(self) -> None:
        """Read."""
        self.client.get(next(self.names))


def on_test_start(**_: object) -> None:
    """Look at the clocks."""
    STARTED[:] = [time.perf_counter(), time.process_time()]


def on_test_stop(environment: Environment, **_: object) -> None:
    """Look again, and tell."""
    seconds, cpu_seconds = time.perf_counter() - STARTED[0], time.process_time() - STARTED[1]
    sys.stdout.write(f"measured {environment.stats.total.num_requests} {seconds} {cpu_seconds}\n")


events.test_start.add_listener(on_test_start)  # type: ignore[no-untyped-call]  # Locust's own
events.test_stop.add_listener(on_test_stop)  # type: ignore[no-untyped-call]  # Locust's own
