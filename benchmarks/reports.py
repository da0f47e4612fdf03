"""What it costs that workers report to the master: bytes in each report, and the master's and the worker's CPU time.

Locust's own report of the same requests, and Locust's own handling of it, are the baseline: both happen anyway.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from time import thread_time
from typing import Any

from locust.event import Events
from locust.rpc.protocol import Message
from locust.stats import RequestStats, setup_distributed_stats_event_listeners

from benchmarks.timing import longest_step, table
from locust_push.core.durations import HistogramForms
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable
from locust_push.core.window import Window
from locust_push.live.worker_link import MasterUpdates, WorkerUpdates
from locust_push.options.settings import DEFAULT_BUCKETS

REPORT_INTERVAL = 3.0
"""Seconds between two reports of a worker of Locust's."""

REQUESTS_PER_REPORT = 3000
"""A thousand requests a second on each worker."""

ROUNDS = 7

Report = dict[str, Any]


class Clock:
    """Seconds, moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """The time now."""
        return self.now


class Worker:
    """A worker that records, and reports in both ways."""

    def __init__(self, names: int, seed: int = 1) -> None:
        self._source = random.Random(seed)  # noqa: S311 - the same load every time, no secret
        self._names = [f"/api/resource/{number}" for number in range(names)]
        self._clock = Clock()
        self._recorder = Recorder(SeriesTable(), forms=HistogramForms(DEFAULT_BUCKETS), max_names=10_000)
        self._reports = WorkerUpdates("run", "w", self._recorder, monotonic=self._clock, wall=self._clock)
        self._stats, self._events = locusts_statistics()

    def work(self) -> None:
        """Make the requests of three seconds, each name in turn, and one failure in a hundred."""
        for number in range(max(REQUESTS_PER_REPORT, len(self._names))):
            name = self._names[number % len(self._names)]
            milliseconds = self._source.lognormvariate(3.5, 0.8)
            error = ConnectionError("refused") if self._source.random() < 0.01 else None
            event = {"request_type": "GET", "name": name, "response_time": milliseconds, "response_length": 1000}
            self._recorder.on_request(**event, exception=error)
            self._stats.log_request("GET", name, milliseconds, 1000)
            if error:
                self._stats.log_error("GET", name, error)
        for _ in self._recorder.drain():
            pass
        self._clock.now += REPORT_INTERVAL

    def prepare(self) -> Iterator[None]:
        """Prepare our part of a report."""
        return self._reports.prepare()

    def ours(self) -> Report:
        """Our part of a report."""
        return self._reports.report()

    def locusts(self) -> Report:
        """Locust's own."""
        data: Report = {}
        self._events.report_to_master.fire(client_id="w", data=data)
        return data

    def acknowledge(self) -> None:
        """Have the master answer."""
        number = self._reports._number  # noqa: SLF001 - what a master would say
        answer = {"run_id": "run", "instance": "w", "number": number, "final": False, "sent": 0.0, "received": 0.0}
        self._reports.acknowledged(answer)


def locusts_statistics() -> tuple[Any, Any]:
    """Locust's statistics and the events that it reports and merges them at; untyped, as they are."""
    make: Any = Events
    events = make()
    stats: Any = RequestStats()
    setup: Any = setup_distributed_stats_event_listeners
    setup(events, stats)
    return stats, events


def packed(report: Report) -> bytes:
    """A report as it goes over the network."""
    message: Any = Message
    serialized: bytes = message("stats", report, "w").serialize()
    return serialized


def timed(work: Callable[[], object]) -> float:
    """Seconds of CPU time."""
    start = thread_time()
    work()
    return thread_time() - start


def sizes(names: int) -> list[str]:
    """A row: bytes of the first report and of a later one, ours and Locust's, and CPU time at a stretch for ours."""
    worker, ours, locusts, steps, seconds = Worker(names), [], [], [], []
    for _ in range(ROUNDS):
        worker.work()
        steps.append(longest_step(worker.prepare()))
        seconds.append(timed(lambda: packed(worker.ours())))
        ours.append(len(packed(worker.ours())))
        locusts.append(len(packed(worker.locusts())))
        worker.acknowledge()
    later = median(ours[1:])
    return [
        f"{names:,}",
        f"{ours[0]:,}",
        f"{later:,.0f}",
        f"{median(locusts):,.0f}",
        f"{later / median(locusts):.2f}",
        f"{1000 * median(steps):.1f} ms",
        f"{1000 * median(seconds):.1f} ms",
    ]


class Master:
    """A master that accepts both types of reports."""

    def __init__(self) -> None:
        clock = Clock()
        recorder = Recorder(SeriesTable(), forms=HistogramForms(DEFAULT_BUCKETS), max_names=10_000)
        self._reports = MasterUpdates(
            "run",
            recorder,
            Window(10, begin=0, delay=3.5),
            max_skew=5,
            monotonic=clock,
            wall=clock,
            acknowledge=self._answer,
        )
        _, self._events = locusts_statistics()

    @staticmethod
    def _answer(_client_id: str, answer: Mapping[str, Any]) -> None:
        packed(dict(answer))

    def ours(self, messages: list[bytes]) -> None:
        """Take our part of every worker's report."""
        for number, message in enumerate(messages):
            self._reports.receive(str(number), [unpacked(message)])

    def locusts(self, messages: list[bytes]) -> None:
        """Take Locust's part of it, by its own listener."""
        for number, message in enumerate(messages):
            self._events.worker_report.fire(client_id=str(number), data=unpacked(message))


def unpacked(message: bytes) -> Report:
    """A report as it comes from the network."""
    type_: Any = Message
    report: Report = type_.unserialize(message).data
    return report


def master_cpu(workers: int, names: int) -> list[str]:
    """A row: CPU per second of a master with ``workers`` workers, ours and Locust's."""
    crowd = [Worker(names, seed) for seed in range(workers)]
    master, ours, locusts = Master(), [], []
    for _ in range(ROUNDS):
        for worker in crowd:
            worker.work()
        mine = [packed(worker.ours()) for worker in crowd]
        theirs = [packed(worker.locusts()) for worker in crowd]
        ours.append(timed(lambda: master.ours(mine)) / REPORT_INTERVAL)  # noqa: B023 - called at once
        locusts.append(timed(lambda: master.locusts(theirs)) / REPORT_INTERVAL)  # noqa: B023 - the same
        for worker in crowd:
            worker.acknowledge()
    own, base = median(ours), median(locusts)
    return [
        f"{workers:,}",
        f"{names:,}",
        f"{1000 * own:.0f} ms",
        f"{1000 * base:.0f} ms",
        f"{own / base:.2f}",
        f"{1000 * own * 1000 / workers:,.0f} ms",
    ]


def report() -> str:
    """The tables."""
    headings = [
        "names",
        "ours, first",
        "ours, later",
        "Locust's own",
        "ratio",
        "preparing, longest step",
        "handing over",
    ]
    worker = table(headings, [sizes(names) for names in (50, 1000)])
    headings = ["workers", "names", "ours", "Locust's own", "ratio", "ours, for 1,000 workers"]
    master = table(headings, [master_cpu(workers, names) for workers, names in ((100, 50), (100, 200))])
    return (
        f"A worker's report, {REQUESTS_PER_REPORT:,} requests in 3 s, bytes after msgpack:\n\n{worker}\n\n"
        f"The master, CPU per second of taking its workers' reports in:\n\n{master}"
    )


if __name__ == "__main__":
    print(report())
