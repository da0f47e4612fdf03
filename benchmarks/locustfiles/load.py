"""Load for benchmarks, and one line of JSON at its end that says what it came to; :mod:`benchmarks.load` runs it.

What to do comes in environment variables: BENCHMARK_NAMES (how many request names), BENCHMARK_WAIT (seconds between two
requests of a user), BENCHMARK_PATH (what is asked for), BENCHMARK_PEER and BENCHMARK_PEER_URL (a peer that listens and
pushes every five seconds, or ``none``, or ``empty`` for a listener that does nothing), BENCHMARK_PROBE (watch for how
long the hub is held up), BENCHMARK_CLOCKED (look at the clock before and after every listener and push).
"""

import json
import os
import resource
import sys
import time
from itertools import cycle
from typing import Any

import gevent
import greenlet  # gevent is made of it
from locust import FastHttpUser, constant_pacing, events, task
from locust.env import Environment

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
LISTENING = [0]
"""Nanoseconds."""

INTERRUPTED = 200_000
"""Nanoseconds after which a listener was not at work but the process had to wait for its turn."""


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
    """Note how long whoever pushes keeps the hub to itself, in CPU time: waits for a busy machine are not its own."""
    now = time.thread_time()
    work = getattr(switched[0], "_run", None)
    if getattr(work, "__module__", "").startswith("locust_push") or work is push:
        TURNS.append(now - STARTED["turn"])
    STARTED["turn"] = now


def clock_listeners() -> None:
    """From now on, note what every listener takes that is not Locust's own; its call is a part of that."""
    hook: Any = events.request
    hook._handlers[:] = map(clocked, hook._handlers)  # noqa: SLF001  # Locust has no other way to replace them


def clocked(listener: Any) -> Any:
    """A listener with a clock before and after it."""
    if listener.__module__.startswith("locust."):
        return listener

    def with_clock(**event: Any) -> None:
        begun = time.perf_counter_ns()
        before = time.perf_counter_ns()
        listener(**event)
        taken = time.perf_counter_ns() - before
        if taken < INTERRUPTED:
            LISTENING[0] += taken - (before - begun)  # less what it takes to look at the clock

    with_clock.__wrapped__ = listener  # type: ignore[attr-defined]  # as functools.wraps does
    return with_clock


def unclock_listeners() -> None:
    """Put the listeners back, so that their owners find them."""
    hook: Any = events.request
    hook._handlers[:] = [getattr(each, "__wrapped__", each) for each in hook._handlers]  # noqa: SLF001  # as above


def push(peer: peers.Peer) -> None:
    """Deliver, again and again."""
    while True:
        gevent.sleep(PUSH_INTERVAL)
        peer.push()


def empty(**_: object) -> None:
    """Do nothing."""


def on_test_start(**_: object) -> None:
    """Look at the clocks."""
    STARTED.update(wall=time.perf_counter(), cpu=time.process_time())
    STARTED["turn"] = time.thread_time()
    if os.environ.get("BENCHMARK_PROBE"):
        gevent.spawn(probe)
        greenlet.settrace(watch)
    if os.environ.get("BENCHMARK_CLOCKED"):
        gevent.spawn(clock_listeners)  # when all have heard of the start, and before the first user runs
        greenlet.settrace(watch)


def on_test_stop(environment: Environment, **_: object) -> None:
    """Look again, and tell."""
    greenlet.settrace(None)
    unclock_listeners()
    seconds, cpu_seconds = time.perf_counter() - STARTED["wall"], time.process_time() - STARTED["cpu"]
    total = environment.stats.total
    found = {
        "requests": total.num_requests,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "longest_stall": max(STALLS),
        "longest_turn": max(TURNS),
        "pushing": sum(TURNS),
        "listening": LISTENING[0] / 1e9,
        "p999": total.get_response_time_percentile(0.999) / 1000,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    sys.stdout.write(f"measured {json.dumps(found)}\n")


def listen(event: Any, listener: Any) -> None:
    """Locust's events carry no types."""
    event.add_listener(listener)


# First in line, so that what others do at the end of a run is not taken for a part of it.
listen(events.test_start, on_test_start)
listen(events.test_stop, on_test_stop)
if PEER == "empty":
    listen(events.request, empty)
elif PEER != "none":
    PUSHING = peers.load(PEER, os.environ["BENCHMARK_PEER_URL"])
    listen(events.request, PUSHING.on_request)
    gevent.spawn(push, PUSHING)
