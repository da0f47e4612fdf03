"""An archived run at another time: every timestamp is shifted, including those in values."""

from __future__ import annotations

from pathlib import Path

import snappy

from locust_push.wire import segment
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest
from tests.servers import web

_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
_TIMES = ("_start_time_seconds", "_end_time_seconds", "_complete_time_seconds", "_timestamp_seconds")
"""How the names end of metrics whose values are Unix times."""


def replay_shifted(folder: Path, write_url: str, seconds: float, run_id: str = "") -> None:
    """Write the run archived in ``folder`` to a receiver, shifted by ``seconds``, by another ID if one is given."""
    for path in sorted(folder.glob("*.segment")):
        with path.open("rb") as stream:
            for payload in segment.read(stream, _fail):
                body = snappy.compress(_shifted(snappy.decompress(payload), seconds, run_id))
                answer = web.request("POST", write_url, body, headers=_HEADERS)
                assert answer.status // 100 == 2, answer


def _shifted(message: bytes, seconds: float, run_id: str) -> bytes:
    request = WriteRequest.FromString(message)
    for series in request.timeseries:
        name = next(label.value for label in series.labels if label.name == "__name__")
        for label in series.labels:
            if run_id and label.name == "run_id":
                label.value = run_id
        for sample in series.samples:
            sample.timestamp += round(1000 * seconds)
            # NaN may be a staleness marker, whose very bits count.
            if name.endswith(_TIMES) and sample.value > 0:
                sample.value += seconds
    return request.SerializeToString()


def _fail(message: str) -> None:
    raise AssertionError(message)
