"""Archives written by the sink itself, with given contents."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from locust_push.core import metrics
from locust_push.core.series import Labels, Metric, Series
from locust_push.core.snapshot import Snapshot
from locust_push.outputs.archive.sink import ArchiveSink
from tests.unit.wire.messages import payloads_of

START = 1_800_000_000
"""Unix seconds of the first tick."""

Values = Iterable[tuple[Series, float]]


def series(metric: Metric, method: str, name: str, *labels: tuple[str, str], suffix: str = "") -> Series:
    """Return a series of a request."""
    own: Labels = (("method", method), ("name", name), *labels)
    return Series(metric, own, suffix)


def requests(method: str, name: str, count: float, status: str = "success") -> tuple[Series, float]:
    """Return a counter of requests and its value."""
    return series(metrics.REQUESTS, method, name, ("status", status)), count


def bucket(method: str, name: str, bound: str, count: float) -> tuple[Series, float]:
    """Return a bucket of successful requests with its cumulative count."""
    labels = ("status", "success"), ("le", bound)
    return series(metrics.REQUEST_DURATION, method, name, *labels, suffix="_bucket"), count


def told(method: str, name: str, quantile: str, seconds: float) -> tuple[Series, float]:
    """Return a response time of the whole run, as a master writes it at the end."""
    return series(metrics.RUN_RESPONSE_TIME, method, name, ("quantile", quantile)), seconds


def write(
    directory: Path,
    run_id: str,
    *ticks: Values,
    instance: str = "worker:1",
    describe: Mapping[str, Any] | None = None,
    start: int = START,
) -> Path:
    """Write the data of one process, one tick a second, with the markers of its end; return its segment."""
    description = None if describe is None else lambda: describe
    labels = (("job", "locust"), ("instance", instance), ("run_id", run_id))
    sink = ArchiveSink(
        "file:x", directory, run_id=run_id, instance=instance, common_labels=labels, describe=description
    )
    before = set(sink.folder.glob("*.segment"))
    for number, tick in enumerate(ticks):
        columns = list(tick)
        snapshot = Snapshot(
            (start + number) * 1000,
            (start + number) * 1000 - 500,
            [one for one, _ in columns],
            [value for _, value in columns],
            len(columns) if number else 0,
        )
        _deliver(sink, snapshot, last=number == len(ticks) - 1)
    sink.close()
    (segment,) = set(sink.folder.glob("*.segment")) - before
    return segment


def _deliver(sink: ArchiveSink, snapshot: Snapshot, *, last: bool) -> None:
    for payload in payloads_of(
        (*sink.encode(snapshot), *(sink.end(replace(snapshot, known=len(snapshot.values))) if last else ()))
    ):
        sink.attempt(payload)


def description(start: float, end: float | None, **info: str) -> dict[str, Any]:
    """Return the content of a run.json."""
    return json.loads(json.dumps({"format": 1, "start_time": start, "end_time": end, "info": info}))  # type: ignore[no-any-return]  # as read back
