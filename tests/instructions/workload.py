"""The measured operations: `python -m tests.instructions.workload NAME TIMES` repeats one of them.

Alone in a process without Locust, whose import would be most of the count.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from locust_push.core import metrics
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.series import Series
from locust_push.core.snapshot import Snapshot
from locust_push.core.table import SeriesTable
from locust_push.wire.remote_write.encoder import RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0)
LABELS = (("job", "locust"), ("instance", "host:1"), ("run_id", "run"))
NAMES = [f"/api/resource/{number}" for number in range(50)]
TICK = 1000
"""Events between two ticks, and series of one."""


def empty(times: int) -> None:
    """A listener that does nothing: the unit of all others."""
    fire(lambda **_: None, times)


def listener(times: int) -> None:
    """Fire events, with a drain for every thousand of them."""
    recorder = Recorder(SeriesTable(), forms=HistogramForms(BUCKETS), max_names=1000, recent_by_name=False)
    for _ in range(times // TICK):
        fire(recorder.on_request, TICK)
        for _ in recorder.drain():
            pass


def encoder(version: Version, times: int) -> None:
    """Encode samples of known series, including compression."""
    labels = [(("method", "GET"), ("name", NAMES[number % 50]), ("le", str(number))) for number in range(TICK)]
    series = [Series(metrics.REQUEST_DURATION, each, "_bucket") for each in labels]
    encoding = RemoteWriteEncoder(LABELS, version)
    for tick in range(times // TICK):
        values = [float(tick * number) for number in range(TICK)]
        for _ in encoding.encode(Snapshot(1_800_000_000_000 + 5000 * tick, 0, series, values, TICK)):
            pass


def fire(on_request: Callable[..., None], times: int) -> None:
    """Fire events as Locust does: from a dictionary, of which each listener gets a copy."""
    event = {
        "request_type": "GET",
        "name": "",
        "response_time": 0.0,
        "response_length": 0,
        "exception": None,
        "response": None,
        "context": None,
        "start_time": 0.0,
        "url": "",
    }
    for number in range(times):
        event["name"] = NAMES[number % 50]
        event["response_time"] = float(number * 7919 % 3000)
        event["response_length"] = number % 1000
        on_request(**event)


WORKLOADS: dict[str, Callable[[int], None]] = {
    "empty": empty,
    "listener": listener,
    "encoder 1.0": lambda times: encoder(Version.V1, times),
    "encoder 2.0": lambda times: encoder(Version.V2, times),
}

if __name__ == "__main__":
    WORKLOADS[sys.argv[1]](int(sys.argv[2]))
