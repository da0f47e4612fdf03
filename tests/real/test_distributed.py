"""The results of a master with several workers are complete, whatever happens to the workers."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from locust_push.core.histogram import RELATIVE_ERROR
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.real.percentiles import Percentile, run_profiles
from tests.servers.poll import eventually
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target


class Cluster:
    """A master, and workers that are started one by one, each with a separate path at the target."""

    def __init__(self, stack: ExitStack, folder: Path, target: Target, *options: str) -> None:
        self.target = target
        self._stack = stack
        self._folder = folder
        self._port = str(free_port())
        self.master = self._start(
            "--master", "--master-bind-port", self._port, *HEADLESS, "-u", "6", "-r", "6", "-H", target.url,
            "--push-interval", "500ms", *options,
        )  # fmt: skip

    def worker(self, share: str, **environ: str) -> LocustProcess:
        """Start a worker."""
        arguments = ("--worker", "--master-port", self._port, "--exit-code-on-error", "0")
        return self._start(*arguments, environ={"SHARE": share, **environ})

    def served(self, share: str) -> int:
        """Return how many requests of a worker the target has served."""
        return sum(count for (_, path, _), count in self.target.counts().items() if path.endswith(share))

    def works(self, share: str) -> None:
        """Wait until the target has served further requests of a worker."""
        before = self.served(share)
        eventually(lambda: self.served(share) > before + 20, within=40)

    def end(self) -> None:
        """End the run regularly."""
        self.master.signal(signal.SIGTERM)
        assert self.master.wait() == 0, self.master.output

    def _start(self, *arguments: str, environ: dict[str, str] | None = None) -> LocustProcess:
        process = LocustProcess(self._folder, *arguments, locustfile="by_worker.py", environ=environ)
        return self._stack.enter_context(process)


@contextmanager
def cluster(folder: Path, target: Target, *options: str) -> Iterator[Cluster]:
    """A cluster that ends with the block, by force if needed."""
    with ExitStack() as stack:
        yield Cluster(stack, folder, target, *options)


def pushed(store: Prometheus, run_id: str, *more: str) -> tuple[str, ...]:
    """Options of a master that pushes alone."""
    return ("--push-url", store.write_url, "--push-run-id", run_id, "--push-from", "master", *more)


def summary(store: Prometheus, run_id: str, metric: str = "locust_run_requests") -> float:
    """Return a total of the end-of-run summary."""
    return store.value(f'last_over_time({metric}{{run_id="{run_id}",name="Aggregated"}}[10m])') or 0


def now(store: Prometheus, query: str) -> float:
    """Return a current value during the run."""
    return store.value(query) or 0


def test_percentiles_of_the_run_are_those_of_its_requests(tmp_path: Path) -> None:
    """Percentiles of three workers with different latencies are within the stated error, unlike averages."""
    profiles = run_profiles(tmp_path)
    assert profiles.counted == sum(profiles.requests)
    assert min(profiles.requests) > 100
    for percentile in profiles.percentiles:
        assert percentile.ours == pytest.approx(percentile.exact, rel=RELATIVE_ERROR * (1 + 1e-9)), percentile
    worst = max(Percentile.error(percentile.average, percentile.exact) for percentile in profiles.percentiles)
    assert worst > 10 * RELATIVE_ERROR


def test_a_worker_that_is_killed_is_missing_and_what_it_told_is_not(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """After kill -9, all reported data of a worker is in counters and summary, and its loss is reported."""
    run_id = "killed"
    with cluster(tmp_path, target, *pushed(prometheus, run_id), "--expect-workers", "2") as cluster_:
        steady = cluster_.worker("steady")
        doomed = cluster_.worker("doomed", PAUSE_AFTER="60")
        eventually(lambda: cluster_.served("doomed") == 60, within=40)
        known = f'sum(locust_requests_total{{run_id="{run_id}",name=~".*doomed"}})'
        eventually(lambda: now(prometheus, known) == 60, within=40)
        used = ("locust_process_cpu_percent", "locust_process_resident_memory_bytes")
        eventually(lambda: all(now(prometheus, f'{metric}{{run_id="{run_id}"}}') > 0 for metric in used), within=30)
        doomed.kill()
        missing = f'locust_workers{{run_id="{run_id}",state="missing"}}'
        eventually(lambda: now(prometheus, missing) == 1, within=30)
        cluster_.works("steady")
        cluster_.end()
        assert steady.wait() == 0, steady.output
    assert Counts.stored(prometheus, run_id) == Counts.served(target), cluster_.master.output
    assert summary(prometheus, run_id) == target.total()
    assert summary(prometheus, run_id, "locust_run_failures") == target.failures()


def test_workers_that_come_go_and_come_back_are_counted_to_the_request(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """With a worker that joins late, one that is missing for a while and one that quits, nothing is lost or doubled."""
    run_id = "comings-and-goings"
    with cluster(tmp_path, target, *pushed(prometheus, run_id), "--expect-workers", "2") as cluster_:
        sleeper, leaver = cluster_.worker("sleeper"), cluster_.worker("leaver")
        for share in ("sleeper", "leaver"):
            cluster_.works(share)
        late = cluster_.worker("late")
        cluster_.works("late")
        sleeper.signal(signal.SIGSTOP)
        cluster_.master.wait_for("setting state to missing")
        cluster_.works("late")
        leaver.signal(signal.SIGTERM)
        assert leaver.wait() == 0, leaver.output
        sleeper.signal(signal.SIGCONT)
        cluster_.master.wait_for("self-healed")
        cluster_.works("sleeper")
        cluster_.end()
        for worker in (sleeper, late):
            assert worker.wait() == 0, worker.output
    assert Counts.stored(prometheus, run_id) == Counts.served(target), cluster_.master.output
    assert summary(prometheus, run_id) == target.total()
    assert target.total() == sum(cluster_.served(share) for share in ("sleeper", "leaver", "late"))


def by_metric(store: Prometheus, run_id: str) -> dict[str, float]:
    """Return sums over all processes of the series that dashboards show, and counts of series."""
    metrics = (
        "locust_requests_total",
        "locust_request_duration_seconds_count",
        "locust_response_bytes_total",
        "locust_request_failures_total",
        "locust_run_requests",
        "locust_run_failures",
    )
    return {metric: store.value(f'sum(last_over_time({metric}{{run_id="{run_id}"}}[10m]))') or 0 for metric in metrics}


def series_by_metric(store: Prometheus, run_id: str) -> Counter[str]:
    """Return the number of series per metric of a run."""
    return Counter(series["__name__"] for series in store.series(f'{{run_id="{run_id}"}}'))


@pytest.mark.parametrize("push_from", ["all", "master"])
def test_the_numbers_do_not_depend_on_who_pushes(
    push_from: str, prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """Counters, buckets and summary equal the target's counts, with --push-from all and master."""
    run_id = f"from-{push_from}"
    options = (*pushed(prometheus, run_id)[:-1], push_from, "--expect-workers", "2")
    with cluster(tmp_path, target, *options) as cluster_:
        # Nothing that a worker pushed itself would arrive by this proxy.
        hindered = {} if push_from == "all" else {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}
        one, two = cluster_.worker("one", **hindered), cluster_.worker("two", **hindered)
        for share in ("one", "two"):
            cluster_.works(share)
        cluster_.end()
        assert (one.wait(), two.wait()) == (0, 0)
    found = by_metric(prometheus, run_id)
    total, failures = target.total(), target.failures()
    assert found["locust_requests_total"] == found["locust_request_duration_seconds_count"] == total
    assert found["locust_request_failures_total"] == failures
    # Rows and their total.
    assert (found["locust_run_requests"], found["locust_run_failures"]) == (2 * total, 2 * failures)
    top = f'sum(last_over_time(locust_request_duration_seconds_bucket{{run_id="{run_id}",le="+Inf"}}[10m]))'
    assert prometheus.value(top) == total
    writers = prometheus.label_values("instance", f'{{run_id="{run_id}"}}')
    assert len(writers) == (3 if push_from == "all" else 1)


def test_series_do_not_grow_with_workers(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """With --push-from master, a run with three workers has as many series as one with a single worker."""
    found = []
    for number in (1, 3):
        run_id = f"workers-{number}"
        folder = tmp_path / str(number)
        with cluster(folder, target, *pushed(prometheus, run_id), "--expect-workers", str(number)) as cluster_:
            for worker in [cluster_.worker("same") for _ in range(number)]:
                worker.wait_for("locust-push: run ")
            cluster_.works("same")
            cluster_.end()
        found.append(series_by_metric(prometheus, run_id))
    assert found[0] == found[1]
    assert found[0]["locust_requests_total"] == 4
