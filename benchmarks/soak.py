"""A process that pushes, without Locust and by a manual clock: from recorder to sender, all but the network."""

import random
import threading
import time
from collections.abc import Mapping

from benchmarks.peers import BUCKETS
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable
from locust_push.delivery.answer import ANSWER_BYTES, NO_HEADERS, NO_HINTS, Hints, HttpAnswer
from locust_push.delivery.retry import Backoff
from locust_push.delivery.sender import Sender
from locust_push.delivery.verdict import Delivered, Verdict
from locust_push.live.faults import Faults
from locust_push.live.pipeline import Outlet, Pipeline
from locust_push.live.timeline import Timeline
from locust_push.outputs.remote_write.sink import RemoteWriteSink
from locust_push.wire.remote_write.version import Version

INTERVAL = 5.0
LABELS = (("job", "locust"), ("instance", "load-generator-1:4711"), ("run_id", "20260101T000000Z-main"))


class Clock:
    """Seconds, moved by hand. Importing locust_push.testing for its clock would count as memory."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        """The time now."""
        return self.now


class Swallow:
    """A network on which everything arrives."""

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:  # noqa: ARG002  # the interface's
        """Take it."""
        return Delivered()

    def exchange(
        self,
        method: str,  # noqa: ARG002  # the interface's
        url: str,  # noqa: ARG002
        body: bytes = b"",  # noqa: ARG002
        headers: Mapping[str, str] = NO_HEADERS,  # noqa: ARG002
        *,
        limit: int = ANSWER_BYTES,  # noqa: ARG002
    ) -> HttpAnswer:
        """Say yes."""
        return HttpAnswer(204, NO_HEADERS, "No Content", complete=True)

    def close(self) -> None:
        """Nothing is open."""


class Pushing:
    """One process, from the request event to the network."""

    def __init__(self) -> None:
        clock = self._clock = Clock()
        table = SeriesTable()
        recorder = Recorder(table, forms=HistogramForms(BUCKETS), max_names=10_000, recent_by_name=False)
        self.listener = recorder.on_request
        self._take_totals = recorder.take_totals
        sink = RemoteWriteSink("http://unused.invalid", transport=Swallow(), labels=LABELS, only=Version.V1)
        self._sender = Sender(
            sink,
            limit_bytes=64 << 20,
            spool=None,
            backoff=Backoff(random.random),
            wake=threading.Event(),
            monotonic=clock,
            wall_clock=clock,
        )
        self._pipeline = Pipeline(
            table,
            [recorder.drain],
            [Outlet(sink, self._sender)],
            [],
            Timeline(INTERVAL, wall=clock, monotonic=clock),
            spread=lambda: 0.0,
            performance_clock=time.perf_counter,
            faults=Faults(),
        )
        threading.Thread(target=self._sender.run, daemon=True).start()

    def tick(self) -> None:
        """Five seconds later: push, and wait until all has arrived."""
        self._clock.now += INTERVAL
        for _ in self._pipeline.tick():
            pass
        self._take_totals()
        while self._sender.queue_bytes:
            time.sleep(0)
