"""Gauges that are read from Locust rather than recorded: users, workers, rates, the process, the run.

They read attributes of Locust's objects, and do not import Locust.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from locust_push.core import metrics
from locust_push.core.clock import Clock
from locust_push.core.labels import MISSING, PERCENTILES
from locust_push.core.series import Labels, Metric, Series
from locust_push.core.table import Cell, Family, SeriesTable
from locust_push.core.window import Rates
from locust_push.delivery.ledger import BUFFER, DELIVERED, dropped
from locust_push.live.pipeline import Outlet

_SHORTEST_LOOK = 0.2
"""Shortest time to measure CPU usage over, seconds: the last tick of a run may come right after the one before."""

Collect = Callable[[], None]
"""Reads values and sets the cells; called at each tick, before the snapshot."""


class ProcessUsage:
    """CPU and memory of this process. Locust first reads them after ten seconds, when a short run is over."""

    def __init__(self, cpu_clock: Clock, memory: Callable[[], float], monotonic: Clock) -> None:
        """Measure from now on.

        Args:
            cpu_clock: CPU seconds of this process.
            memory: Resident memory of this process in bytes.
            monotonic: Seconds.
        """
        self._cpu_clock, self._memory, self._monotonic = cpu_clock, memory, monotonic
        self._cpu, self._looked, self._percent = cpu_clock(), monotonic(), math.nan

    def read(self) -> tuple[float, float]:
        """Return CPU usage since the last call in percent, NaN at first, and memory in bytes."""
        elapsed = self._monotonic() - self._looked
        if elapsed >= _SHORTEST_LOOK:
            cpu = self._cpu_clock()
            self._percent = 100 * (cpu - self._cpu) / elapsed
            self._cpu, self._looked = cpu, self._looked + elapsed
        return self._percent, self._memory()


def process_gauges(table: SeriesTable, runner: Any, usage: ProcessUsage, *, over: Callable[[], bool]) -> Collect:
    """Users, CPU and memory of a process that makes requests; ``over`` says whether the run has ended."""
    cells = _ProcessCells(table)

    def collect() -> None:
        cells.set(runner.final_user_classes_count if over() else runner.user_classes_count, *usage.read())
        cells.warning.value = int(runner.cpu_warning_emitted)

    return collect


def workers_process_gauges(
    table: SeriesTable, runner: Any, usages: Callable[[], Collection[tuple[float, float]]]
) -> Collect:
    """The same for all workers together, if only the master pushes: the sum of users, and the maximum of the others.

    ``usages`` returns CPU and memory of each worker, as they last reported them.
    """
    cells = _ProcessCells(table)

    def collect() -> None:
        known = usages()
        highest_cpu = max((cpu for cpu, _ in known if not math.isnan(cpu)), default=math.nan)
        cells.set(
            runner.reported_user_classes_count, highest_cpu, max((memory for _, memory in known), default=math.nan)
        )
        cells.warning.value = int(any(worker.cpu_warning_emitted for worker in list(runner.clients.values())))

    return collect


class _ProcessCells:
    """The ``locust_process_…`` series."""

    def __init__(self, table: SeriesTable) -> None:
        self._users = Family(table, metrics.PROCESS_USERS, "user_class")
        self._cpu = Family(table, metrics.PROCESS_CPU).cell()
        self._memory = Family(table, metrics.PROCESS_MEMORY).cell()
        self.warning = Family(table, metrics.PROCESS_CPU_WARNING).cell()

    def set(self, users: Mapping[str, int], cpu: float, memory: float) -> None:
        self._users.replace(dict(users))
        self._cpu.value, self._memory.value = cpu, memory


def user_gauges(table: SeriesTable, runner: Any, over: Callable[[], bool]) -> Collect:
    """Users of the whole run, of a runner that makes requests itself; ``over`` says whether the run has ended."""
    return _user_gauges(table, runner, lambda: runner.user_classes_count, over)


def _user_gauges(
    table: SeriesTable, runner: Any, by_class: Callable[[], Mapping[str, int]], over: Callable[[], bool]
) -> Collect:
    """Users now. After the run the number at the beginning of its end, as Locust reports it: by then all have stopped.

    A run shorter than a tick has no other sample.
    """
    current_users = Family(table, metrics.CURRENT_USERS).cell()
    users = Family(table, metrics.USERS, "user_class")

    def collect() -> None:
        ended = over()
        counts = dict(runner.final_user_classes_count if ended else by_class())
        current_users.value = sum(counts.values()) if ended else runner.user_count
        users.replace(counts)

    return collect


def master_gauges(
    table: SeriesTable, runner: Any, over: Callable[[], bool], unreported: Callable[[], Collection[str]] = tuple
) -> Collect:
    """Users of the whole run, and the workers that they run in.

    Args:
        table: Receives the series.
        runner: Locust's.
        over: Whether the run has ended.
        unreported: Client IDs of workers whose data was not waited for; they count as missing.
    """
    read_users = _user_gauges(table, runner, lambda: runner.reported_user_classes_count, over)
    workers = Family(table, metrics.WORKERS, "state")
    warnings = Family(table, metrics.WORKERS_CPU_WARNING).cell()
    missing: set[str] = set()

    def collect() -> None:
        clients = dict(runner.clients.items())
        read_users()
        workers.replace(_workers_by_state(clients, missing, unreported()))
        warnings.value = sum(bool(worker.cpu_warning_emitted) for worker in clients.values())

    return collect


def lost_workers(runner: Any) -> int:
    """The number of workers that are missing."""
    return sum(client.state == MISSING for client in runner.clients.values())


def _workers_by_state(clients: Mapping[str, Any], missing: set[str], unreported: Collection[str]) -> dict[str, float]:
    """Count workers by state; ``missing`` is updated with those that are missing.

    Locust forgets a worker that has been missing for a minute. Here it stays, so that an alert does not resolve by
    itself.
    """
    states: dict[str, float] = dict.fromkeys(("ready", "spawning", "running"), 0)
    for client_id, client in clients.items():
        if client.state == MISSING:
            missing.add(client_id)
        else:
            missing.discard(client_id)
            states[client.state] = states.get(client.state, 0) + 1
    return {**states, MISSING: len(missing.union(unreported))}


def rate_gauges(table: SeriesTable, read: Callable[[Sequence[float]], Rates]) -> Collect:
    """Rates and percentiles of the whole run over the last seconds; ``read`` takes the shares of the percentiles."""
    requests = Family(table, metrics.REQUESTS_PER_SECOND).cell()
    failures = Family(table, metrics.FAILURES_PER_SECOND).cell()
    error_rate = Family(table, metrics.ERROR_RATE).cell()
    percentile_family = Family(table, metrics.RESPONSE_TIME_PERCENTILE, "percentile")
    percentiles = [percentile_family.cell(name) for name in PERCENTILES]
    shares = [float(name) / 100 for name in PERCENTILES]

    def collect() -> None:
        rates = read(shares)
        requests.value = rates.requests_per_second
        failures.value = rates.failures_per_second
        error_rate.value = rates.error_percent
        # NaN where nothing was measured: a gap in a graph and false in an alert.
        for cell, seconds in zip(percentiles, rates.percentiles, strict=True):
            cell.value = seconds

    return collect


def locust_rates(stats: Any, shares: Sequence[float]) -> Rates:
    """Locust's own rounded rates and percentiles, for a run that is only scraped and records nothing."""
    requests, failures = stats.total.current_rps, stats.total.current_fail_per_sec
    milliseconds = [stats.total.get_current_response_time_percentile(share) for share in shares]
    percentiles = tuple(math.nan if each is None else each / 1000 for each in milliseconds)
    return Rates(requests, failures, 100 * failures / requests if requests else 0.0, percentiles)


def run_identity(table: SeriesTable, labels: Labels, start_time: float) -> None:
    """``locust_run_info`` and the start time (Unix seconds); they never change."""
    table.add(Cell(Series(metrics.RUN_INFO, labels), 1))
    table.add(Cell(Series(metrics.RUN_START), start_time))


def outlet_gauges(table: SeriesTable, outlets: Sequence[Outlet]) -> Collect:
    """Deliveries and losses per URL."""
    by_url = [_OutletGauges(table, outlet) for outlet in outlets]

    def collect() -> None:
        for gauges in by_url:
            gauges.collect()

    return collect


def value_gauge(table: SeriesTable, metric: Metric, read: Callable[[], float | None]) -> Collect:
    """Return the collector of a metric of one series; NaN while ``read`` gives None."""
    cell = Family(table, metric).cell()

    def collect() -> None:
        value = read()
        cell.value = math.nan if value is None else value

    return collect


class _OutletGauges:
    """The ``locust_push_…`` series of one URL."""

    def __init__(self, table: SeriesTable, outlet: Outlet) -> None:
        self._sender = outlet.sender
        self._url = outlet.sink.url
        self._requests = Family(table, metrics.PUSH_REQUESTS, "url", "outcome")
        self._samples = Family(table, metrics.PUSH_SAMPLES, "url", "outcome")

        def cell(metric: Metric, suffix: str = "") -> Cell:
            return Family(table, metric, "url", suffix=suffix).cell(self._url)

        self._retries = cell(metrics.PUSH_RETRIES)
        self._encode = cell(metrics.PUSH_ENCODE_SECONDS, "_sum"), cell(metrics.PUSH_ENCODE_SECONDS, "_count")
        self._send = cell(metrics.PUSH_SEND_SECONDS, "_sum"), cell(metrics.PUSH_SEND_SECONDS, "_count")
        self._queue_bytes = cell(metrics.PUSH_QUEUE_BYTES)
        self._last_success = cell(metrics.PUSH_LAST_SUCCESS)

    def collect(self) -> None:
        ledger = self._sender.ledger
        # Exists from the first tick on, so that a rate of losses is 0 and not absent.
        for outcome in {DELIVERED, dropped(BUFFER), *ledger.requests}:
            self._requests.cell(self._url, outcome).value = ledger.requests[outcome]
            self._samples.cell(self._url, outcome).value = ledger.samples[outcome]
        self._retries.value = ledger.retries
        self._encode[0].value, self._encode[1].value = ledger.encode_seconds, ledger.encodes
        self._send[0].value, self._send[1].value = ledger.send_seconds, ledger.attempts
        self._queue_bytes.value = self._sender.queue_bytes
        self._last_success.value = ledger.last_success or 0
