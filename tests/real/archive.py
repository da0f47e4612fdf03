"""The contents of an archived run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import snappy

from locust_push.wire import segment
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from tests.real.counts import Counts

Series = dict[str, str]

COMMON = {"__name__", "job", "instance", "run_id"}


def archived(folder: Path, run_id: str) -> Counts:
    """Return the totals of a run that was pushed to ``file:<folder>``."""
    last: dict[tuple[tuple[str, str], ...], float] = {}
    for path in (folder / run_id).glob("*.segment"):
        for labels, value in samples(path):
            if value == value:  # noqa: PLR0124  # no stale marker
                last[tuple(sorted(labels.items()))] = value

    def total(metric: str, **wanted: str) -> float:
        wanted["__name__"] = metric
        return sum(value for labels, value in last.items() if wanted.items() <= dict(labels).items())

    return Counts(
        requests=total("locust_requests_total"),
        failures=total("locust_requests_total", status="failure"),
        durations=total("locust_request_duration_seconds_count"),
    )


def last_values(folder: Path, run_id: str) -> dict[tuple[str, ...], float]:
    """Return name and labels (``name=value``, sorted, without the common ones) -> last value of a run."""
    last = {}
    for path in (folder / run_id).glob("*.segment"):
        for labels, value in samples(path):
            own = (f"{name}={text}" for name, text in sorted(labels.items()) if name not in COMMON)
            if value == value:  # noqa: PLR0124  # no stale marker
                last[labels["__name__"], *own] = value
    return last


def samples(path: Path) -> Iterator[tuple[Series, float]]:
    """Return all samples of a segment, in the order in which they were written."""
    with path.open("rb") as stream:
        for payload in segment.read(stream, _fail):
            request = WriteRequest.FromString(snappy.decompress(payload))
            for series in request.timeseries:
                labels = {label.name: label.value for label in series.labels}
                for sample in series.samples:
                    yield labels, sample.value


def _fail(message: str) -> None:
    raise AssertionError(message)
