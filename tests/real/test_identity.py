"""One writer per series and one run per ID, even if host names, process IDs, given names and run IDs repeat."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.cases import ARCHIVE, PUSHGATEWAY, REMOTE_WRITE
from tests.faults.record import keep_counts
from tests.real.command_lines import HEADLESS, alone_as_master
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.real.namespaces import container
from tests.real.test_reading_runs import document, locust_push
from tests.real.web_ui import WebUi
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics

RATE_NOTE = "160 requests a second; the message says that up to 3 s are missing"

LOAD = ("-u", "8", "-r", "8", "--push-interval", "500ms")


@contextmanager
def master_of(
    folder: Path, target: Target, workers: int, *arguments: str
) -> Iterator[tuple[LocustProcess, tuple[str, ...]]]:
    """Return a master, and the arguments for its workers."""
    options = alone_as_master()
    with LocustProcess(
        folder, *HEADLESS, *options, "--expect-workers", str(workers), *LOAD, "-H", target.url, *arguments
    ) as master:
        yield master, ("--worker", "--master-port", options[-1])


def pushes(*urls: str) -> list[str]:
    """Return the arguments that push to all of these."""
    return [argument for url in urls for argument in ("--push-url", url)]


def requests(run_id: str, place: str) -> float:
    """Return the requests of a run that ``show`` reads."""
    return float(document("show", run_id, "--from", place)["aggregated"]["requests"])


def test_workers_that_share_host_name_and_process_id(
    prometheus: Prometheus, victoria_metrics: VictoriaMetrics, target: Target, tmp_path: Path
) -> None:
    """Two workers, both process 1 of one host name, write different series: each store has all requests."""
    urls = pushes(prometheus.write_url, victoria_metrics.write_url, "file:runs")
    with (
        master_of(tmp_path, target, 2, *urls, "--push-run-id", "shared") as (master, worker),
        LocustProcess(tmp_path, *worker, within=container()),
        LocustProcess(tmp_path, *worker, within=container()),
    ):
        assert master.end_when(lambda: target.total() > 400) == 0, master.output
    served = Counts.served(target)
    keep_counts("workers-alike", REMOTE_WRITE, served.requests, Counts.stored(prometheus, "shared").requests)
    assert Counts.stored(prometheus, "shared") == Counts.stored(victoria_metrics, "shared") == served
    assert requests("shared", prometheus.url) == requests("shared", f"file:{tmp_path / 'runs'}") == served.requests
    first, second = prometheus.label_values("instance", 'locust_requests_total{run_id="shared"}')
    assert len(first) == len(second) == len("node:1-xxxxxxxx")
    assert first.startswith("node:1-")
    assert "nothing lost" in master.output


@pytest.mark.parametrize("name", [(), ("--push-instance", "generator-7")], ids=["unnamed", "named"])
def test_a_worker_that_is_started_again_as_it_was(
    prometheus: Prometheus, victoria_metrics: VictoriaMetrics, target: Target, tmp_path: Path, name: tuple[str, ...]
) -> None:
    """A container that is killed and restarted writes new series, so that earlier counts remain.

    The documented query, and show on each place, give the same: all but what the killed one did after its last push.
    """
    run_id = f"again-{len(name)}"
    urls = pushes(prometheus.write_url, victoria_metrics.write_url, "file:runs")
    with (
        master_of(tmp_path, target, 2, *urls, "--push-run-id", run_id) as (master, worker),
        # Locust ends a run whose last worker is lost.
        LocustProcess(tmp_path, *worker),
    ):
        with LocustProcess(tmp_path, *worker, *name, within=container()):
            eventually(lambda: target.total() > 300, within=40)
        between = target.total()
        with LocustProcess(tmp_path, *worker, *name, within=container()) as second:
            second.wait_for(f"run {run_id}: pushing to", within=40)
            assert master.end_when(lambda: target.total() > between + 300) == 0, master.output
            assert second.wait() == 0, second.output
    served, stored = Counts.served(target), Counts.stored(prometheus, run_id)
    keep_counts("worker-named-again" if name else "worker-again", REMOTE_WRITE, served.requests, stored.requests)
    # 160 requests a second, half a second from push to push, and a push in progress.
    assert served.requests - 200 <= stored.requests <= served.requests, master.output
    assert stored == Counts.stored(victoria_metrics, run_id)
    for place in (prometheus.url, victoria_metrics.url, f"file:{tmp_path / 'runs'}"):
        assert requests(run_id, place) == stored.requests, place
    writers = prometheus.label_values("instance", f'locust_requests_total{{run_id="{run_id}"}}')
    assert len(writers) == 3
    assert not name or [writer.startswith("generator-7-") for writer in writers].count(True) == 2


def test_what_a_killed_worker_takes_with_it_is_said(target: Target, prometheus: Prometheus, tmp_path: Path) -> None:
    """With --push-from master, up to 3 s of unreported data are lost, as the message says."""
    arguments = ("--push-url", prometheus.write_url, "--push-run-id", "killed-unreported", "--push-from", "master")
    with master_of(tmp_path, target, 1, *arguments) as (master, worker):
        with LocustProcess(tmp_path, *worker, within=container()):
            eventually(lambda: target.total() > 500, within=40)
        # Locust takes a worker for lost after three seconds of silence.
        master.wait_for("failed to send heartbeat", within=30)
        assert master.end_when(lambda: True) == 0, master.output
    assert "their requests after the last report to the master, up to 3 s, are missing" in master.output
    stored = Counts.stored(prometheus, "killed-unreported").requests
    keep_counts("worker-of-master", REMOTE_WRITE, target.total(), stored, RATE_NOTE)
    # 160 requests a second.
    assert target.total() - 3.5 * 160 <= stored <= target.total()


def run_alone(folder: Path, target: Target, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
    """Make a run without workers that is given the ID R; return its log."""
    before = target.total()
    with LocustProcess(
        folder, *HEADLESS, *LOAD, "-H", target.url, "--push-run-id", "R", *arguments, environ=environ
    ) as locust:
        assert locust.end_when(lambda: target.total() > before + 80) == 0, locust.output
    return locust.output


def test_a_run_id_given_again_is_another_run_of_an_archive(target: Target, tmp_path: Path) -> None:
    """A second process with the ID finds the folder of the first, so that each run has its own requests."""
    counts = []
    for _ in range(2):
        before = target.total()
        run_alone(tmp_path, target, "--push-url", "file:runs")
        counts.append(target.total() - before)
    place = f"file:{tmp_path / 'runs'}"
    found = [requests("R", place), requests("R-2", place)]
    keep_counts("run-id-again", ARCHIVE, sum(counts), sum(found))
    assert found == counts
    asked = locust_push("show", "R", "--from", place)
    assert "R was used for 2 runs; this is the first of them, R-2 the last" in asked.stderr


def test_a_ci_retry_is_another_run_of_a_store(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """If the CI system numbers attempts, so does the ID; an ID in use is warned of at the start."""
    store = start_server(Prometheus)
    github = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7"}
    counts, outputs = [], []
    for attempt in ("1", "2", "1"):
        before = target.total()
        environ = {**github, "GITHUB_RUN_ATTEMPT": attempt}
        outputs.append(run_alone(tmp_path, target, "--push-url", store.write_url, environ=environ))
        counts.append(target.total() - before)
    assert requests("R-attempt2", store.url) == counts[1]
    assert ["is already in use" in output for output in outputs] == [False, False, True]
    # Both count, since the processes are distinguished.
    assert requests("R", store.url) == counts[0] + counts[2]
    retried = locust_push("show", "R", "--from", store.url, **github, GITHUB_RUN_ATTEMPT="2")
    assert "its run R is R-attempt2" in retried.stderr


def test_an_event_of_our_names_is_a_row_of_its_own(
    prometheus: Prometheus, pushgateway: Pushgateway, tmp_path: Path
) -> None:
    """An event called Aggregated is never the total: its p95 is that of all requests in every store."""
    urls = pushes(prometheus.write_url, pushgateway.url, "file:runs")
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "1", *urls, "--push-run-id", "names", "--push-interval", "500ms",
        locustfile="our_names.py",
    ) as locust:  # fmt: skip
        locust.wait()
    assert locust.output.count("nothing lost") == 3, locust.output
    for protocol, place in ((REMOTE_WRITE, prometheus.url), (ARCHIVE, f"file:{tmp_path / 'runs'}")):
        run = document("show", "names", "--from", place)
        keep_counts("our-names", protocol, 110, run["aggregated"]["requests"])
        assert run["aggregated"]["requests"] == 110
        assert run["aggregated"]["p95"] == pytest.approx(0.05, rel=0.02), place
        rows = {(row["method"], row["name"]): row["requests"] for row in run["rows"]}
        assert rows == {("GET", "/"): 80, ("", "_Aggregated"): 20, ("GET", "___overflow__"): 5, ("", ""): 5}
    totals = {
        (sample.labels.get("method", ""), sample.labels.get("name", "")): sample.value
        for family in text_string_to_metric_families(pushgateway.exposition())
        for sample in family.samples
        if sample.name == "locust_run_requests" and sample.labels["run_id"] == "names"
    }
    keep_counts("our-names", PUSHGATEWAY, 110, totals["", "Aggregated"])
    assert totals == rows | {("", "Aggregated"): 110}


def test_bad_input_in_the_web_form_loses_nothing(target: Target, prometheus: Prometheus, tmp_path: Path) -> None:
    """A run ID that leads out of the folder is refused with a message, and the run is pushed with another one."""
    folder = tmp_path / "deep" / "deeper"
    ui = WebUi(folder, "-H", target.url, *pushes(prometheus.write_url, "file:runs"))
    with ui.locust:
        answer = ui.send_form(push_run_id="..", push_label="q=a=1,b=2")
        assert "The run has started without these invalid values: --push-run-id" in answer
        eventually(lambda: target.total() > 40, within=30)
        ui.stop()
        served = target.total()
        ui.locust.signal(signal.SIGTERM)
        ui.locust.wait()
    [run_id] = ui.runs()
    assert "'..': is not a run ID" in ui.locust.output
    stored = Counts.stored(prometheus, run_id).requests
    found = requests(run_id, f"file:{folder / 'runs'}")
    keep_counts("web-form", REMOTE_WRITE, served, stored)
    keep_counts("web-form", ARCHIVE, served, found)
    assert found == stored == served
    assert prometheus.label_values("q", f'{{run_id="{run_id}"}}') == ["a=1,b=2"]
    assert prometheus.label_values("b", f'{{run_id="{run_id}"}}') == []
    assert [path.name for path in (folder / "runs").iterdir()] == [run_id]
    assert {path.name for path in folder.parent.iterdir()} == {"deeper"}


def test_one_name_for_all_processes(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """A variable that a compose file gives to the master and every replica names only one of them; nothing is lost."""
    environ = {"LOCUST_PUSH_INSTANCE": "load"}
    options = alone_as_master()
    worker = ("--worker", "--master-port", options[-1])
    with (
        LocustProcess(
            tmp_path, *HEADLESS, *options, "--expect-workers", "2", *LOAD, "-H", target.url,
            "--push-url", prometheus.write_url, "--push-run-id", "one-name", environ=environ,
        ) as master,
        LocustProcess(tmp_path, *worker, environ=environ),
        LocustProcess(tmp_path, *worker, environ=environ),
    ):  # fmt: skip
        eventually(lambda: target.total() > 100, within=40)
        with LocustProcess(tmp_path, *worker, environ=environ) as late:
            late.wait_for("run one-name: pushing to", within=40)
            assert master.end_when(lambda: target.total() > 500) == 0, master.output
            assert late.wait() == 0, late.output
    assert Counts.stored(prometheus, "one-name") == Counts.served(target)
    writers = prometheus.label_values("instance", '{run_id="one-name"}')
    assert "load" in writers
    assert [writer.startswith("load-") for writer in writers].count(True) == 3


def test_jobs_that_start_at_once_share_an_archive(target: Target, tmp_path: Path) -> None:
    """The jobs of a matrix with one run ID and one folder each have their own run."""
    arguments = (*HEADLESS, *LOAD, "-H", target.url, "--push-url", "file:runs", "--push-run-id", "R")
    with ExitStack() as stack:
        jobs = [
            stack.enter_context(LocustProcess(tmp_path, *arguments, environ={"LOCUST_PUSH_SPOOL": ""}))
            for _ in range(3)
        ]
        for job in jobs:
            job.wait_for(": pushing to")
        eventually(lambda: target.total() > 200, within=40)
        for job in jobs:
            job.signal(signal.SIGTERM)
        assert [job.wait() for job in jobs] == [0, 0, 0]
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"R", "R-2", "R-3"}
    place = f"file:{tmp_path / 'runs'}"
    assert sum(requests(run_id, place) for run_id in ("R", "R-2", "R-3")) == target.total()


def test_a_counter_that_began_again_counts_whole(
    start_server: StartServer, victoria_metrics: VictoriaMetrics, target: Target, tmp_path: Path
) -> None:
    """With the same run ID and name twice, the series is one, and its earlier count is included.

    So it is with native histograms, of which VictoriaMetrics makes buckets: percentiles are those of both lives.
    """
    store = start_server(Prometheus)
    for _ in range(2):
        urls = pushes(store.write_url, victoria_metrics.write_url)
        output = run_alone(tmp_path, target, *urls, "--push-instance", "generator", "--push-histogram", "native")
        assert output.count("nothing lost") == 2, output
    assert store.label_values("instance", '{run_id="R"}') == ["generator"]
    # VictoriaMetrics may show what is new half a minute late.
    eventually(lambda: locust_push("show", "R", "--from", victoria_metrics.url).returncode == 0, within=60)

    def found(place: str) -> dict[str, float]:
        row = document("show", "R", "--from", place)["aggregated"]
        return {measure: row[measure] for measure in ("requests", "p50", "p95", "avg")}

    one = found(store.url)
    assert one["requests"] == target.total()
    eventually(lambda: found(victoria_metrics.url) == pytest.approx(one, rel=0.01), within=60)
    assert victoria_metrics.value('sum(increase(locust_requests_total{run_id="R"}[10m]))') == target.total()
