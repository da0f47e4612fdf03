"""A steady load of twenty different requests on the sample service, whose every request is written down.

:mod:`benchmarks.recordings` runs it. SHOP_URL is the service, not given as Locust's host: its port differs from run to
run, and runs against different hosts have different parameters. SHOP_RECORDING names the file: a line of JSON per
request, with the seconds since the first one, the row, the response time in milliseconds, and whether it failed.
"""

import json
import os
import time
from itertools import cycle
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_pacing, events, task

import locust_push  # noqa: F401  # switches it on where there is a --push-url

REQUESTS = (
    ("GET", "/"),
    ("GET", "/products"),
    *(("GET", f"/products/{number}") for number in range(16)),
    ("POST", "/cart"),
    ("POST", "/checkout"),
)
"""Method and path of each row."""

SERVICE = os.environ.get("SHOP_URL", "")
RECORDING = os.environ.get("SHOP_RECORDING", "")
SEEN: list[tuple[float, str, float, bool]] = []


class Shopper(FastHttpUser):
    """Asks for one thing after the other, ten a second."""

    host = "http://sample-service"
    requests = cycle(REQUESTS)
    wait_time = constant_pacing(0.1)

    @task
    def ask(self) -> None:
        """Make a request."""
        method, path = next(self.requests)
        self.client.request(method, SERVICE + path, name=path)


def note(request_type: str, name: str, response_time: float, exception: Any = None, **_: object) -> None:
    """Write a request down."""
    SEEN.append((time.monotonic(), f"{request_type} {name}", response_time, bool(exception)))


def save(**_: object) -> None:
    """Write the file."""
    if RECORDING and SEEN:
        first = SEEN[0][0]
        lines = (json.dumps([round(at - first, 4), row, round(ms, 4), int(bad)]) for at, row, ms, bad in SEEN)
        Path(RECORDING).write_text("\n".join(lines))


events.request.add_listener(note)
events.quit.add_listener(save)
