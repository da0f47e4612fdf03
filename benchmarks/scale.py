"""One Prometheus and many agents: what it takes in, what that costs it, and what remains on its disk.

Simulated agents write some minutes of a run, tick by tick and as fast as Prometheus takes it. What it reports of itself
then gives CPU time per sample, memory per series, and, of the block that it writes, bytes on disk; from these
follows what any other number of workers and runs takes.
"""

import math
import random
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from benchmarks.peers import BUCKETS
from benchmarks.timing import show_progress, table
from locust_push.core.durations import HistogramForms
from locust_push.core.native import DEFAULT_SCHEMA
from locust_push.core.recorder import Recorder
from locust_push.core.table import SeriesTable
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.encoder import HEADERS, RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version
from tests.servers.prometheus import Prometheus

INTERVAL, TICKS = 5, 60
"""Seconds, and how many of them make a run."""

MINUTES = INTERVAL * TICKS // 60

NAMES, REQUESTS = 50, 25
"""Endpoints of a run, and requests per agent and tick."""

AGENTS = (10, 50, 200)
FORMS = {
    "classic": HistogramForms(BUCKETS),
    "native": HistogramForms(BUCKETS, classic=False, native_schema=DEFAULT_SCHEMA),
}
MASTER = "classic, --push-from master"

RUNS_PER_DAY, WORKERS, YEAR = 50, 10, 365
"""A year of CI, as an example."""


class Agent:
    """A worker that records and encodes."""

    def __init__(self, number: int, forms: HistogramForms) -> None:
        self._table = SeriesTable()
        self._recorder = Recorder(self._table, forms=forms, max_names=1000)
        labels = (("job", "locust"), ("instance", f"worker-{number}:1"), ("run_id", "20260101T000000Z-scale"))
        self._encoder = RemoteWriteEncoder(labels, Version.V2)
        self._source = random.Random(number)  # noqa: S311 - the same load every time, no secret

    def tick(self, timestamp_ms: int) -> list[bytes]:
        """Some requests more, and the bodies of a push."""
        for _ in range(REQUESTS):
            name = f"/api/resource/{self._source.randrange(NAMES)}"
            self._recorder.on_request(
                request_type="GET",
                name=name,
                response_time=self._source.lognormvariate(4, 0.7),
                response_length=self._source.randrange(10_000),
            )
        for _ in self._recorder.drain():
            pass
        snapshot = self._table.snapshot(timestamp_ms, timestamp_ms - INTERVAL * 1000)
        return [payload.body for payload in self._encoder.encode(snapshot) if isinstance(payload, Payload)]


@dataclass(frozen=True, slots=True)
class Load:
    """What some agents cost a Prometheus.

    Attributes:
        form: What they push.
        agents: How many.
        series: Of all of them.
        samples: In all ticks.
        seconds: From the first to the last request; it was never idle.
        cpu_seconds: Of the Prometheus.
        memory: Bytes resident at the end.
        disk: Bytes of the block.
    """

    form: str
    agents: int
    series: int
    samples: int
    seconds: float
    cpu_seconds: float
    memory: int
    disk: int

    @property
    def per_tick(self) -> float:
        """CPU seconds of the Prometheus per second of such a run, that is cores."""
        return self.cpu_seconds / (TICKS * INTERVAL)

    @property
    def disk_per_agent(self) -> float:
        """Bytes that one agent's part of a run takes."""
        return self.disk / self.agents

    def row(self) -> list[str]:
        """A row of the table."""
        return [
            f"{self.agents}",
            self.form,
            f"{self.series:,}",
            f"{self.samples / self.seconds:,.0f}",
            f"{1e6 * self.cpu_seconds / self.samples:.2f} µs",
            f"{self.per_tick:.3f}",
            f"{self.memory / 1e6:,.0f} MB",
            f"{self.disk / 1e6:.2f} MB",
        ]


def measure(form: str, agents: int) -> Load:
    """Feed a new Prometheus, all agents in turn."""
    forms = FORMS.get(form, FORMS["classic"])
    # Whatever the number of workers, the master alone pushes, and every name once.
    crowd = [Agent(number, forms) for number in range(1 if form == MASTER else agents)]
    with TemporaryDirectory() as folder, Prometheus(Path(folder), version=3) as store, requests.Session() as session:
        before, cpu_before = time.perf_counter(), own(store)["process_cpu_seconds_total"]
        first_ms = (int(time.time()) - TICKS * INTERVAL) * 1000
        for tick in range(TICKS):
            show_progress(f"{agents} agents, {form}: tick {tick + 1} of {TICKS}")
            for agent in crowd:
                for body in agent.tick(first_ms + tick * INTERVAL * 1000):
                    answer = session.post(f"{store.url}/api/v1/write", body, headers=dict(HEADERS[Version.V2]))
                    answer.raise_for_status()
        seconds, after = time.perf_counter() - before, own(store)
        disk = block_bytes(store, session)
        show_progress("")
        return Load(
            form,
            agents,
            series=int(after["prometheus_tsdb_head_series"]),
            samples=int(after["samples"]),
            seconds=seconds,
            cpu_seconds=after["process_cpu_seconds_total"] - cpu_before,
            memory=int(after["process_resident_memory_bytes"]),
            disk=disk,
        )


def own(store: Prometheus) -> dict[str, float]:
    """What a Prometheus says of itself; ``samples`` are those of numbers and of native histograms."""
    lines = [line.rsplit(" ", 1) for line in store.get("/metrics").splitlines() if not line.startswith("#")]
    found = {name: float(value) for name, value in lines}
    appended = (
        value for name, value in found.items() if name.startswith("prometheus_tsdb_head_samples_appended_total")
    )
    return {**found, "samples": math.fsum(appended)}


def block_bytes(store: Prometheus, session: requests.Session) -> int:
    """Size of the block that all of it makes."""
    answer: Any = session.post(f"{store.url}/api/v1/admin/tsdb/snapshot").json()
    folder = store.folder / "data" / "snapshots" / answer["data"]["name"]
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def estimate(one: Load) -> list[str]:
    """What 1,000 workers take at once, and what a year of CI runs leaves on disk."""
    master = one.form == MASTER
    series = one.series / (1 if master else one.agents)
    many = 1 if master else 1000
    cores = one.per_tick / (1 if master else one.agents) * many
    a_run = one.disk_per_agent * one.agents if master else one.disk_per_agent * WORKERS
    runs = RUNS_PER_DAY * YEAR
    return [
        one.form,
        f"{series * many:,.0f}",
        f"{series * many / INTERVAL:,.0f}",
        f"{cores:.2f}",
        f"{series * (1 if master else WORKERS) * RUNS_PER_DAY:,.0f}",
        f"{a_run * runs / 1e9:,.1f} GB",
    ]


def report() -> str:
    """The tables."""
    loads = [measure("classic", agents) for agents in AGENTS]
    loads += [measure(form, AGENTS[-1]) for form in ("native", MASTER)]
    headings = ["agents", "form", "series", "samples/s taken", "CPU per sample", "cores", "memory", "block on disk"]
    measured = table(headings, [load.row() for load in loads])
    largest = {load.form: load for load in loads}
    headings = ["form", "series", "samples/s", "cores", "new series a day", "disk for a year"]
    estimated = table(headings, map(estimate, largest.values()))
    return (
        f"{MINUTES} minutes of a run with {NAMES} names, a push every {INTERVAL} s, remote-write 2.0, one "
        f"Prometheus 3; *cores* is its CPU usage during the run:\n\n{measured}\n\n"
        f"1,000 workers in one run (series, samples/s, cores); and {RUNS_PER_DAY} runs a day of {MINUTES} minutes with "
        f"{WORKERS} workers (new series a day, disk for a year with a retention of a year):\n\n{estimated}"
    )


if __name__ == "__main__":
    print(report())
