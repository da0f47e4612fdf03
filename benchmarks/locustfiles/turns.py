"""The load of :mod:`benchmarks.locustfiles.load`, while listeners of the request event take turns in one process.

For half a second each there is none, an empty one, ours, and a peer's where BENCHMARK_TURN names it. Prints one line of
JSON: listener -> CPU seconds per request of each of its turns.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import gevent
from locust import events
from locust.env import Environment

from benchmarks import peers
from benchmarks.locustfiles.load import Visitor, empty, listen
from locust_push.plugin import PLUGIN

__all__ = ["Visitor"]

TURN = 0.5
TURNS: dict[str, list[float]] = {}
PEER = peers.load(os.environ["BENCHMARK_TURN"])


def take_turns(environment: Environment) -> None:
    """Change the listener, and measure, until the run ends."""
    (run,) = PLUGIN._runs  # noqa: SLF001  # whose listener it is has no public name
    ours: Callable[..., None] = run.recorder.on_request  # type: ignore[union-attr]  # a local run has one
    hook: Any = environment.events.request
    hook.remove_listener(ours)
    for name, listener in cycle({"none": None, "empty": empty, "ours": ours, "peer": PEER.on_request}.items()):
        if listener:
            hook.add_listener(listener)
        requests, cpu = environment.stats.total.num_requests, time.process_time()
        gevent.sleep(TURN)
        requests, cpu = environment.stats.total.num_requests - requests, time.process_time() - cpu
        TURNS.setdefault(name, []).append(cpu / requests)
        if listener:
            hook.remove_listener(listener)


def on_test_start(environment: Environment, **_: object) -> None:
    """Begin when all users are there."""
    gevent.spawn_later(1.0, take_turns, environment)


def on_test_stop(**_: object) -> None:
    """Tell."""
    sys.stdout.write(f"turns {json.dumps(TURNS)}\n")


listen(events.test_start, on_test_start)
listen(events.test_stop, on_test_stop)
