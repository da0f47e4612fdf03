"""The gauges that a process reads before each snapshot of a run."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil

from locust_push.core import metrics
from locust_push.core.table import Family
from locust_push.core.window import Rates
from locust_push.live import gauges
from locust_push.live.faults import Faults
from locust_push.live.log_lines import OverflowWarning
from locust_push.live.measurement import Measurement
from locust_push.live.pipeline import Outlet
from locust_push.live.run_description import Role, RunDescription
from locust_push.options.settings import Settings


class RunGauges:
    """The gauges of one process in one run."""

    def __init__(
        self,
        settings: Settings,
        role: Role,
        environment: Any,
        description: RunDescription,
        measured: Measurement,
    ) -> None:
        """Read Locust's ``environment`` for gauges in the table of ``measured``."""
        self._settings = settings
        self._role = role
        self._environment = environment
        self._runner = environment.runner
        self._description = description
        self._measured = measured
        self._overtaken = False

    def overtaken(self) -> None:
        """Note that the next run has begun, which Locust's objects describe from now on."""
        self._overtaken = True

    def all(self, outlets: Sequence[Outlet], faults: Faults) -> list[gauges.Collect]:
        """Return the collectors of this process; to be called once, since they add their series to the table."""
        table, measured, before = self._measured.table, self._measured, faults.count
        return [
            gauges.outlet_gauges(table, outlets),
            *self._of_overflow(),
            gauges.value_gauge(table, metrics.CUSTOM_OVERFLOW, lambda: measured.custom.left_out),
            gauges.value_gauge(table, metrics.PUSH_FAULTS, lambda: faults.count - before),
            *self._of_the_process(),
            *(self._of_the_run() if self._role.speaks_for_run else []),
            *self._of_clocks(),
        ]

    def _of_overflow(self) -> list[gauges.Collect]:
        table, counted = self._measured.table, self._measured.counted
        if counted is None:
            return []
        overflow = gauges.value_gauge(table, metrics.PUSH_OVERFLOW, lambda: counted.overflow_requests)
        return [overflow, OverflowWarning(counted, self._settings.max_names)]

    def _of_the_process(self) -> list[gauges.Collect]:
        table = self._measured.table
        if self._role.makes_requests:
            return [gauges.process_gauges(table, self._runner, own_usage(), over=self._over)]
        if self._measured.pushes_for_workers and (workers := self._measured.from_workers):
            return [self._until_overtaken(gauges.workers_process_gauges(table, self._runner, workers.usages))]
        return []

    def _of_the_run(self) -> list[gauges.Collect]:
        """The gauges of the run as a whole."""
        table, description = self._measured.table, self._description
        gauges.run_identity(table, description.info, description.start_time)
        return [
            self._measured.observe,
            gauges.rate_gauges(table, self._rates),
            self._until_overtaken(self._of_users()),
            self._spawning_gauge(),
        ]

    def _of_users(self) -> gauges.Collect:
        table = self._measured.table
        if self._role is not Role.MASTER:
            return gauges.user_gauges(table, self._runner, self._over)
        return gauges.master_gauges(table, self._runner, self._over, lambda: self._description.unreported)

    def _of_clocks(self) -> list[gauges.Collect]:
        table, updates, from_workers = self._measured.table, self._measured.updates, self._measured.from_workers
        if updates:
            return [gauges.value_gauge(table, metrics.PROCESS_CLOCK_SKEW, lambda: updates.clock_skew)]
        if from_workers:
            largest = lambda: from_workers.largest_clock_skew  # noqa: E731  # as above
            return [gauges.value_gauge(table, metrics.WORKERS_CLOCK_SKEW, largest)]
        return []

    def _rates(self, shares: Sequence[float]) -> Rates:
        if self._settings.targets or self._role is Role.WORKER:
            return self._measured.rates(shares)
        return gauges.locust_rates(self._environment.stats, shares)

    def _spawning_gauge(self) -> Callable[[], None]:
        """The time at which all users were first running; the series does not exist before."""
        spawned = Family(self._measured.table, metrics.RUN_SPAWNING_COMPLETE)

        def collect() -> None:
            if self._description.spawned_time is not None:
                spawned.cell().value = self._description.spawned_time

        return collect

    def _over(self) -> bool:
        return self._description.over

    def _until_overtaken(self, collect: gauges.Collect) -> gauges.Collect:
        return lambda: None if self._overtaken else collect()


def own_usage() -> gauges.ProcessUsage:
    """Return what measures CPU and memory of this process."""
    return gauges.ProcessUsage(time.process_time, lambda: psutil.Process().memory_info().rss, time.monotonic)
