"""Load for benchmarks, and one line of JSON at its end that says what it came to; :mod:`benchmarks.load` runs it.

What to do comes in environment variables: BENCHMARK_NAMES (how many request names), BENCHMARK_WAIT (seconds between two
requests of a user), BENCHMARK_PATH (what is asked for), BENCHMARK_PEER and BENCHMARK_PEER_URL (a peer that listens and
pushes every five seconds, or ``none``, or ``empty`` for a listener that does nothing), BENCHMARK_PROBE (watch for how
long the hub is held up), BENCHMARK_CLOCKED (look at the clock before and after every turn of a push),
BENCHMARK_ALTERNATING (alternate between listening and not), BENCHMARK_PLAIN (use the hot path in Python).
"""

import json
import os
import random
import resource
import sys
import time
from itertools import cycle
from typing import Any

import gevent
import greenlet  # gevent is made of it
from locust import FastHttpUser, constant_pacing, events, task
from locust.env import Environment

if os.environ.get("BENCHMARK_PLAIN"):
    sys.modules["locust_push.core.hot_path.compiled"] = None  # type: ignore[assignment]  # has its import fail

import locust_push  # noqa: F401  # switches it on where there is a --push-url
from benchmarks import peers

PUSH_INTERVAL = 5.0
PROBE_INTERVAL = 0.001

PATH = os.environ.get("BENCHMARK_PATH", "/")
WAIT = float(os.environ.get("BENCHMARK_WAIT", "0"))
PEER = os.environ.get("BENCHMARK_PEER", "none")
NAMES = [f"/items/{number}" for number in range(int(os.environ.get("BENCHMARK_NAMES", "50")))]

STARTED: dict[str, float] = {}
STALLS, TURNS = [0.0], [0.0]
ALTERNATING: list[gevent.Greenlet] = []
PHASES: list[tuple[int, float, int]] = []
"""Whether all listened, CPU seconds, requests."""

PHASE, WARM_UP = 0.1, 1.0
"""Seconds."""


class Visitor(FastHttpUser):
    """Asks for one thing after the other, under all names in turn."""

    names = cycle(NAMES)
    if WAIT:
        wait_time = constant_pacing(WAIT)

    @task
    def read(self) -> None:
        """Read."""
        self.client.get(PATH, name=next(self.names))


def probe() -> None:
    """Note by how much a short sleep takes longer than it should: that long, no user could run."""
    while True:
        before = time.perf_counter()
        gevent.sleep(PROBE_INTERVAL)
        STALLS.append(time.perf_counter() - before - PROBE_INTERVAL)


def watch(_event: str, switched: tuple[Any, Any]) -> None:
    """Record how long pushing blocks the hub, in CPU time, so that waits for a busy machine do not count."""
    now = time.thread_time()
    work = getattr(switched[0], "_run", None)
    if getattr(work, "__module__", "").startswith("locust_push") or work is push:
        TURNS.append(now - STARTED["turn"])
    STARTED["turn"] = now


def alternate(environment: Environment) -> None:
    """Take the listeners that are not Locust's own out and in again, and note what requests cost with and without.

    In pairs of phases so short that whatever else the machine does is in both, and in an order left to chance, so that
    what comes at regular times is, too.
    """
    hook: Any = events.request
    with_all = [*hook._handlers]  # noqa: SLF001  # Locust has no other way to replace them
    without = [each for each in with_all if each.__module__.startswith("locust.")]
    source, total = random.Random(1), environment.stats.total  # noqa: S311  # no secret
    try:
        gevent.sleep(WARM_UP)
        while True:
            for listening in source.choice(((0, 1), (1, 0))):
                hook._handlers[:] = with_all if listening else without  # noqa: SLF001  # as above
                seconds, requests = time.process_time(), total.num_requests
                gevent.sleep(PHASE * source.uniform(0.95, 1.05))
                PHASES.append((listening, time.process_time() - seconds, total.num_requests - requests))
    finally:
        hook._handlers[:] = with_all  # noqa: SLF001  # so that their owners find them


def push(peer: peers.Peer) -> None:
    """Deliver, again and again."""
    while True:
        gevent.sleep(PUSH_INTERVAL)
        peer.push()


def empty(**_: object) -> None:
    """Do nothing."""


def on_test_start(environment: Environment, **_: object) -> None:
    """Look at the clocks."""
    STARTED.update(wall=time.perf_counter(), cpu=time.process_time())
    STARTED["turn"] = time.thread_time()
    if os.environ.get("BENCHMARK_PROBE"):
        gevent.spawn(probe)
        greenlet.settrace(watch)
    if os.environ.get("BENCHMARK_CLOCKED"):
        greenlet.settrace(watch)
    if os.environ.get("BENCHMARK_ALTERNATING"):
        ALTERNATING.append(gevent.spawn(alternate, environment))  # begins when all listeners have run


def on_test_stop(environment: Environment, **_: object) -> None:
    """Read the counters again, and print them."""
    greenlet.settrace(None)
    gevent.killall(ALTERNATING)
    seconds, cpu_seconds = time.perf_counter() - STARTED["wall"], time.process_time() - STARTED["cpu"]
    total = environment.stats.total
    found = {
        "requests": total.num_requests,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "longest_stall": max(STALLS),
        "longest_turn": max(TURNS),
        "pushing": sum(TURNS),
        "phases": PHASES,
        "p999": total.get_response_time_percentile(0.999) / 1000,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    sys.stdout.write(f"measured {json.dumps(found)}\n")


def listen(event: Any, listener: Any) -> None:
    """Locust's events carry no types."""
    event.add_listener(listener)


listen(events.test_start, on_test_start)
# First in line, so that what others do at the end of a run is not taken for a part of it.
STOP: Any = events.test_stop
STOP._handlers.insert(0, on_test_stop)  # noqa: SLF001  # Locust has no other way
if PEER == "empty":
    listen(events.request, empty)
elif PEER != "none":
    PUSHING = peers.load(PEER, os.environ["BENCHMARK_PEER_URL"])
    listen(events.request, PUSHING.on_request)
    gevent.spawn(push, PUSHING)
