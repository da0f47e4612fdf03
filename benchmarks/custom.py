"""Custom metrics: what a tick spends on them, and how long users may have to wait for it in one piece."""

from collections.abc import Callable
from contextlib import nullcontext
from time import perf_counter, time

from prometheus_client import CollectorRegistry, Counter, Histogram

from benchmarks.timing import compare, longest_step, table
from locust_push.core.table import SeriesTable
from locust_push.custom.collect import CustomMetrics
from locust_push.custom.entries import Entries

ROUNDS = 15


def one_counter(registry: CollectorRegistry) -> None:
    """500 series of one metric: prometheus_client gives them in one piece."""
    counter = Counter("logins", "Logins.", ["user"], registry=registry)
    for user in range(500):
        counter.labels(user).inc()


def many_counters(registry: CollectorRegistry) -> None:
    """500 series of 25 metrics."""
    for number in range(25):
        counter = Counter(f"logins_{number}", "Logins.", ["user"], registry=registry)
        for user in range(20):
            counter.labels(user).inc()


def histograms(registry: CollectorRegistry) -> None:
    """26 histograms of 17 buckets, 494 series."""
    orders = Histogram("orders", "Orders.", ["type"], buckets=range(1, 17), registry=registry)
    for kind in range(26):
        orders.labels(kind).observe(2)


def custom(fill: Callable[[CollectorRegistry], None]) -> CustomMetrics:
    """Everything that collects what ``fill`` registers."""
    registry = CollectorRegistry(auto_describe=True)
    fill(registry)
    entries = Entries(SeriesTable(), run_labels=(), max_series=10_000, wall_clock=time)
    return CustomMetrics(
        lambda: [*registry._collector_to_names],  # noqa: SLF001  # as the registry's own collect() does
        entries,
        time_limit=lambda _: nullcontext(),
        performance_clock=perf_counter,
    )


def row(fill: Callable[[CollectorRegistry], None]) -> list[str]:
    """One case: the first tick's longest step, a later tick's, and CPU per series."""
    first = min(longest_step(custom(fill).collect()) for _ in range(ROUNDS))
    metrics = custom(fill)
    metrics.begin()
    later = min(longest_step(metrics.collect()) for _ in range(ROUNDS))
    timing = compare({"tick": lambda: list(metrics.collect())}, 500, ROUNDS)["tick"]
    return [fill.__name__, f"{first * 1e3:.2f} ms", f"{later * 1e3:.2f} ms", f"{timing.best * 1e6:.2f} µs"]


def report() -> str:
    """The table."""
    headings = ["registered", "longest step of the first tick", "of a later one", "per series and tick"]
    found = table(headings, map(row, (one_counter, many_counters, histograms)))
    return f"Some 500 series; the longest step is what users may wait, in CPU time.\n\n{found}"


if __name__ == "__main__":
    print(report())
