"""Two real distributed runs two hours apart in a Prometheus, which scrapes a node_exporter beside them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.dashboards.shift import replay_shifted
from tests.dashboards.variables import TimeRange
from tests.real.command_lines import HEADLESS, distributed
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.base import Server
from tests.servers.node_exporter import NodeExporter
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.query import QueryableServer
from tests.servers.target import Target

OLD, NEW = "20261101T080000Z-old", "20261103T080000Z-new"
APART = -7203.25
"""Seconds; no multiple of a tick or a step."""

COMMIT = "1f0e3dad99908345f7439f8ffabdffc4"

LOCUSTFILE = Path(__file__).resolve().parent / "load.py"

GRAFANA = "http://grafana.example:3000"


@dataclass(frozen=True)
class TwoRuns:
    """The servers, and the counts of the system under test.

    Attributes:
        prometheus: Holds both.
        served: By run ID.
        outputs: What Locust printed, by run ID.
        archived: The folder of the old run, at its own time.
    """

    prometheus: QueryableServer
    served: dict[str, Counts]
    outputs: dict[str, str]
    archived: Path

    def start(self, run_id: str) -> float:
        """Return the start time of a run."""
        return self._moment("locust_run_start_time_seconds", run_id)

    def end(self, run_id: str) -> float:
        """Return the end time of a run."""
        return self._moment("locust_run_end_time_seconds", run_id)

    def shown(self, run_id: str) -> TimeRange:
        """Return a run's time range with a margin, as links have it."""
        return TimeRange(self.start(run_id) - 10, self.end(run_id) + 15)

    def _moment(self, metric: str, run_id: str) -> float:
        value = self.prometheus.value(f'max(last_over_time({metric}{{run_id="{run_id}"}}[1d]))')
        assert value is not None
        return value


def stage(folder: Path, stack: ExitStack, start: Callable[[Any], Any], *, requests: int = 1500) -> TwoRuns:
    """Start the servers, which the stack stops, and make both runs.

    The old run is made against an archive, which is then replayed in the past; the new one is pushed.

    Args:
        folder: For all of their files.
        stack: What ends with the servers.
        start: Starts a server and returns it.
        requests: Minimum number of requests of each run.
    """

    def started(server: Server) -> Any:
        stack.callback(server.stop)
        return start(server)

    machine = started(NodeExporter(folder / "node"))
    scrape = {"job_name": "node", "static_configs": [{"targets": [machine.address]}]}
    prometheus = started(Prometheus(folder / "prometheus", scrape_configs=[scrape], out_of_order="1d"))
    target = started(Target(folder / "target"))
    served, outputs = {}, {}
    archive = folder / "archive"
    for run_id, url, slower in ((OLD, f"file:{archive}", "0"), (NEW, prometheus.write_url, "1")):
        target.reset()
        outputs[run_id] = _run(folder / run_id, target, run_id, url, slower=slower, requests=requests)
        served[run_id] = Counts.served(target)
    replay_shifted(archive / OLD, prometheus.write_url, APART)
    eventually(lambda: prometheus.query("node_cpu_seconds_total"))
    return TwoRuns(prometheus, served, outputs, archive / OLD)


def _run(folder: Path, target: Target, run_id: str, url: str, *, slower: str, requests: int) -> str:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": COMMIT, "GITHUB_REF_NAME": "main", "SLOWER": slower}
    with LocustProcess(
        folder, *HEADLESS, *distributed(), "-u", "9", "-r", "3", "-H", target.url,
        "--push-url", url, "--push-run-id", run_id, "--push-interval", "1s",
        "--push-grafana-url", GRAFANA, "--push-gate", "requests < 1", locustfile=str(LOCUSTFILE), environ=environ,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() >= requests, within=80) == 0, locust.output
    return locust.output
