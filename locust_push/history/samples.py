"""From remote-write requests as they were pushed to the last sample of each series. Pure."""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from locust_push.core.series import Labels
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest


class LastSample(NamedTuple):
    """Where one series of one process ended: its labels, ``__name__`` among them, value, and Unix time in ms."""

    labels: Mapping[str, str]
    value: float
    timestamp_ms: int


def last_samples(requests: Iterable[WriteRequest]) -> list[LastSample]:
    """Return the last sample of each series in the requests of one process, given in the order of their time.

    NaN is passed over: it marks the end of a series, or a moment at which a gauge had nothing to tell.
    """
    last: dict[Labels, tuple[float, int]] = {}
    for request in requests:
        for series in request.timeseries:
            for sample in series.samples[-1:]:
                if not math.isnan(sample.value):
                    last[tuple((label.name, label.value) for label in series.labels)] = sample.value, sample.timestamp
    return [LastSample(dict(labels), value, timestamp_ms) for labels, (value, timestamp_ms) in last.items()]
