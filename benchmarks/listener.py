"""Cost per request of the listener and of processing its observations, above that of an empty listener.

Events go through Locust's own EventHook with the arguments of a FastHttpUser. A round is a tick: its events and then,
where a recorder listens, the drain, the snapshot and the encoding of all series.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from locust.event import EventHook
from locust.stats import RequestStats

from benchmarks import peers
from benchmarks.peers import BUCKETS
from benchmarks.timing import Timing, compare, table
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder

EVENTS_PER_TICK = 25_000
"""A busy process, 5,000 requests per second, at an interval of 5 s."""

ROUNDS = 9

Event = dict[str, Any]


class Recording:
    """A recorder as the agent drives it, or only a part of that."""

    def __init__(self) -> None:
        self._table = SeriesTable()
        forms = HistogramForms(BUCKETS)
        self._recorder = Recorder(self._table, forms=forms, max_names=10_000, recent_by_name=False)
        self._encoder = RemoteWriteEncoder((("job", "locust"), ("instance", "host:1"), ("run_id", "benchmark")))
        self._timestamp_ms = 1_800_000_000_000
        self.listener = self._recorder.on_request

    def drain(self) -> None:
        """Only aggregate."""
        for _ in self._recorder.drain():
            pass

    def tick(self) -> None:
        """Aggregate, read and encode, as a push does."""
        self.drain()
        self._timestamp_ms += 5000
        for _ in self._encoder.encode(self._table.snapshot(self._timestamp_ms, self._timestamp_ms - 5000)):
            pass


def events(names: int) -> list[Event]:
    """The events of one tick: response times like those of a service, one failure in a hundred."""
    source = random.Random(1)  # noqa: S311 - the same load every time, no secret
    failed = ConnectionError("refused")
    return [
        {
            "request_type": "GET",
            "name": f"/api/resource/{source.randrange(names)}",
            "response_time": source.lognormvariate(3.5, 0.8),
            "response_length": source.randrange(100, 100_000),
            "exception": failed if source.random() < 0.01 else None,
            "response": object(),
            "context": {},
            "start_time": 1_800_000_000.0,
            "url": "http://target/api",
        }
        for _ in range(EVENTS_PER_TICK)
    ]


def empty(**_: object) -> None:
    """What the cost of everything else is compared with."""


def hook(listener: Callable[..., None]) -> Any:
    """Locust's event with one listener; untyped, as Locust's are."""
    made: Any = EventHook()  # type: ignore[no-untyped-call]  # Locust's own
    made.add_listener(listener)
    return made


def fire_all(listened: Any, load: list[Event], then: Callable[[], None] | None = None) -> None:
    """One tick."""
    fire = listened.fire
    for event in load:
        fire(**event)
    if then:
        then()


def locust_stats() -> Callable[..., None]:
    """What Locust does at every request for its own statistics."""
    stats: Any = RequestStats()

    def on_request(
        request_type: str, name: str, response_time: float, response_length: int, exception: object = None, **_: object
    ) -> None:
        stats.log_request(request_type, name, response_time, response_length)
        if exception:
            stats.log_error(request_type, name, exception)

    return on_request


def measure(names: int) -> dict[str, Timing]:
    """Time per event of each alternative, with that many names."""
    load = events(names)
    drained, pushed = Recording(), Recording()
    alternatives = {
        "empty listener": partial(fire_all, hook(empty), load),
        "locust-push, with aggregation": partial(fire_all, hook(drained.listener), load, drained.drain),
        "locust-push, with aggregation and encoding": partial(fire_all, hook(pushed.listener), load, pushed.tick),
        "Locust's own statistics": partial(fire_all, hook(locust_stats()), load),
    }
    for name in ("prometheus_client", "OpenTelemetry"):
        peer, encoded = peers.load(name), peers.load(name)
        alternatives[name] = partial(fire_all, hook(peer.on_request), load)
        alternatives[f"{name}, with encoding"] = partial(fire_all, hook(encoded.on_request), load, encoded.encode)
    return compare(alternatives, len(load), ROUNDS)


def rows(names: int) -> list[list[str]]:
    """The table's rows for that many names; differences are those of rounds that stood side by side."""
    timings = measure(names)
    base = timings["empty listener"]
    made = []
    for name, timing in timings.items():
        above = Timing(tuple(mine - theirs for mine, theirs in zip(timing.rounds, base.rounds, strict=True)))
        microseconds = [f"{1e6 * value:.3f}" for value in (timing.median, above.median, timing.best - base.best)]
        made.append([f"{names:,}", name, *microseconds, f"{timing.median / base.median:.2f}", f"{timing.spread:.0%}"])
    return made


def report() -> str:
    """The table."""
    headings = ["names", "listener", "median", "above empty", "above empty, best", "times empty", "spread"]
    found = table(headings, [row for names in (50, 2000) for row in rows(names)])
    return f"Per request, {EVENTS_PER_TICK:,} requests per tick, {ROUNDS} rounds, µs:\n\n{found}"


if __name__ == "__main__":
    print(report())
