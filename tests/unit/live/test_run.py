"""A run in one process, from start to end, pushed to an archive."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from locust_push.config.values import HistogramForm, PushFrom
from locust_push.delivery.spool import Spool
from locust_push.live.exit_code import ProcessEnd
from locust_push.live.faults import Faults
from locust_push.live.measurement import histogram_forms
from locust_push.live.run import ActiveRun
from locust_push.live.run_description import Role, RunDescription
from locust_push.options.settings import Settings
from locust_push.outputs.registry import protocol, target
from locust_push.results.gate import Gate, judge
from locust_push.results.gate_expression import parse
from locust_push.results.sources.archive import Archive
from locust_push.wire.payload import Payload
from tests.real.archive import samples
from tests.servers.poll import eventually
from tests.unit.live.locust_stand_ins import Environment, Worker

AGES = 1000.0
"""A flush timeout that no run here reaches, seconds."""


class Bench:
    """A run that has started."""

    def __init__(self, folder: Path, role: Role, **settings: Any) -> None:
        self.environment = Environment()
        self.folder = folder
        self.answers: list[Mapping[str, Any]] = []
        self.ended_early = False
        given = {"targets": (target("--push-url", f"file:{folder}"),), "instance": "here", **settings}
        self.run = ActiveRun(
            Settings(**given),
            role,
            self.environment,
            RunDescription("a-run", info=(), start_time=1.0),
            process_end=ProcessEnd(self.environment, unhandled=lambda: False, near=False),
            faults=Faults(),
            report_interval=3.0,
            acknowledge=lambda _client_id, answer: self.answers.append(answer),
            end_run=self._note_end,
        )
        self.run.start()

    def _note_end(self) -> None:
        self.ended_early = True

    def end(self) -> None:
        """Finish, and wait for the flush."""
        self.run.finish()
        self.run.agent.wait()

    def fire(self, requests: int) -> None:
        """Make some requests of 5 ms."""
        assert self.run.recorder
        for _ in range(requests):
            self.run.recorder.on_request(request_type="GET", name="/", response_time=5.0, response_length=1)

    def value(self, metric: str, **labels: str) -> float | None:
        """Return the last value of a series before it ended."""
        found = None
        for path in (self.folder / "a-run").glob("*.segment"):
            for series, value in samples(path):
                if series.items() >= {"__name__": metric, **labels}.items() and value == value:  # noqa: PLR0124  # NaN
                    found = value
        return found


def told(folder: Path, requests: int, *, client_id: str = "w1") -> dict[str, Any]:
    """Return the last report of a worker that made some requests."""
    worker = Bench(folder, Role.WORKER, instance=client_id)
    worker.fire(requests)
    worker.end()
    assert worker.run.reports
    return worker.run.reports.report()


def hear(master: Bench, *reports: dict[str, Any], client_id: str = "w1") -> None:
    """Let a master receive reports."""
    assert master.run.worker_reports
    master.run.worker_reports.receive(client_id, reports)


def test_a_masters_summary_has_its_workers_last_reports(tmp_path: Path) -> None:
    """Reports of workers that arrive after the stop are included."""
    bench = Bench(tmp_path / "m", Role.MASTER)
    bench.run.end(61.0)
    bench.run.agent.finish_later(AGES)
    hear(bench, told(tmp_path / "w", 25))
    assert bench.run.complete
    bench.end()
    assert bench.value("locust_run_requests", name="Aggregated") == 25
    assert bench.value("locust_run_response_time_seconds", name="/", quantile="0.5") == pytest.approx(0.005, rel=0.011)
    assert bench.value("locust_run_end_time_seconds") == 61


def test_a_masters_summary_survives_the_next_run(tmp_path: Path) -> None:
    """If the next run has begun, which Locust's objects describe, this one keeps its numbers and exit code."""
    bench = Bench(tmp_path / "m", Role.MASTER)
    bench.environment.runner.errors = {"an": "error"}
    hear(bench, told(tmp_path / "w", 25))
    bench.run.end(61.0)
    bench.run.overtaken()
    bench.environment.runner.errors = {}
    bench.environment.runner.user_count = 99
    bench.end()
    assert bench.value("locust_run_requests", name="Aggregated") == 25
    assert bench.value("locust_current_users") == 0
    assert bench.value("locust_run_exit_code") == 1


def test_a_failure_in_the_last_report_is_in_the_exit_code(tmp_path: Path) -> None:
    """The exit code is read after all reports have arrived, as Locust itself does."""
    bench = Bench(tmp_path, Role.MASTER)
    bench.run.end(61.0)
    bench.environment.runner.errors = {"an": "error"}
    bench.end()
    assert bench.value("locust_run_exit_code") == 1


@pytest.mark.parametrize(("own", "expected"), [(None, 0), (3, 3)])
def test_an_exit_code_of_the_locustfiles_own_wins(tmp_path: Path, own: int | None, expected: int) -> None:
    """The locustfile's exit code is used; without one, and without failures, it is 0."""
    bench = Bench(tmp_path, Role.LOCAL)
    bench.environment.process_exit_code = own
    bench.end()
    assert bench.value("locust_run_exit_code") == expected


def test_by_default_a_master_pushes_no_requests(tmp_path: Path) -> None:
    """Workers push their own series; otherwise sums over all instances would count twice."""
    bench = Bench(tmp_path / "m", Role.MASTER)
    hear(bench, told(tmp_path / "w", 25))
    bench.end()
    assert bench.value("locust_requests_total") is None


def test_a_master_that_pushes_alone_pushes_its_workers_requests(tmp_path: Path) -> None:
    """With --push-from master the counters and histograms of all workers are one series each."""
    bench = Bench(tmp_path / "m", Role.MASTER, push_from=PushFrom.MASTER)
    hear(bench, told(tmp_path / "w1", 25))
    hear(bench, told(tmp_path / "w2", 10, client_id="w2"), client_id="w2")
    bench.end()
    assert bench.value("locust_requests_total", name="/", status="success") == 35
    assert bench.value("locust_request_duration_seconds_bucket", name="/", status="success", le="+Inf") == 35
    assert bench.value("locust_process_users") is None
    assert bench.value("locust_process_cpu_warning") == 0


def test_a_worker_that_leaves_pushing_to_its_master_pushes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without targets nothing is written, and everything is reported."""
    caplog.set_level("INFO")
    bench = Bench(tmp_path, Role.WORKER, targets=(), push_from=PushFrom.MASTER)
    bench.fire(5)
    bench.end()
    assert bench.run.reports
    assert len(bench.run.reports.report()["deltas"]) == 1
    assert not (tmp_path / "a-run").exists()
    assert "reporting to the master" in caplog.text


def test_all_users_running_is_a_moment(tmp_path: Path) -> None:
    """The time at which spawning was complete is one series, independent of the number of snapshots."""
    bench = Bench(tmp_path, Role.LOCAL)
    bench.run.description.spawned_time = 17.0
    for _ in range(3):
        for _ in bench.run._pipeline.tick():
            pass
    bench.end()
    names = [series["__name__"] for series, value in samples(tmp_path / "a-run" / "here.segment") if value == 17]
    # Three ticks, the last snapshot, and the exit code's, which comes in the same request.
    assert names == ["locust_run_spawning_complete_time_seconds"] * 5


def test_a_worker_does_not_speak_for_the_run(tmp_path: Path) -> None:
    """Only master and local runner write the metrics of the run as a whole."""
    bench = Bench(tmp_path, Role.WORKER)
    bench.end()
    assert bench.value("locust_run_requests", name="Aggregated") is None
    assert bench.value("locust_run_start_time_seconds") is None
    assert not (tmp_path / "a-run" / "run.json").exists()


@pytest.mark.parametrize(("states", "words"), [(["running", "missing", "missing"], ["2;"]), (["ready"], [])])
def test_a_master_says_that_workers_were_lost(
    states: list[str], words: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A lost worker is logged with the time that its data is missing for, since it cannot report that."""
    bench = Bench(tmp_path, Role.MASTER)
    bench.environment.runner.clients = {str(number): Worker(state) for number, state in enumerate(states)}
    bench.end()
    assert [
        record.message.partition("workers lost: ")[2][:2] for record in caplog.records if "lost:" in record.message
    ] == words


def test_results_without_the_last_seconds_of_a_worker_are_not_complete(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that is too slow to report in time counts as lost, so that no gate is met; it is logged."""
    bench = Bench(tmp_path, Role.MASTER)
    assert bench.run.worker_reports
    bench.run.worker_reports.expect({"slow"})
    bench.end()
    assert bench.value("locust_workers", state="missing") == 1
    assert Archive(tmp_path, print).read("a-run").lost_workers == 1
    assert "workers without a last report: 1;" in caplog.text


def test_a_master_makes_no_requests(tmp_path: Path) -> None:
    """Sums over processes are right, since the master records nothing."""
    bench = Bench(tmp_path, Role.MASTER)
    assert bench.run.recorder is None
    bench.end()


def test_a_local_run_is_whole(tmp_path: Path) -> None:
    """An archive has requests, users of the process, the summary, run.json, and the end time."""
    bench = Bench(tmp_path, Role.LOCAL)
    bench.fire(1)
    bench.run.end(61.0)
    bench.end()
    assert bench.value("locust_requests_total", name="/", status="success") == 1
    assert bench.value("locust_run_requests", name="Aggregated") == 1
    assert bench.value("locust_requests_per_second") != 0
    assert bench.value("locust_run_end_time_seconds") == 61
    assert json.loads((tmp_path / "a-run" / "run.json").read_text())["end_time"] == 61


def test_finishing_twice_is_finishing_once(tmp_path: Path) -> None:
    """A second end has no effect, and the agent reports when everything is done."""
    bench = Bench(tmp_path, Role.LOCAL)
    agent = bench.run.agent
    states = [(agent.finished, agent.done)]
    bench.end()
    states.append((agent.finished, agent.done))
    size = (tmp_path / "a-run" / "here.segment").stat().st_size
    bench.end()
    assert states == [(False, False), (True, True)]
    assert (tmp_path / "a-run" / "here.segment").stat().st_size == size


@pytest.mark.parametrize(("role", "lines"), [(Role.LOCAL, 1), (Role.MASTER, 1), (Role.WORKER, 0)])
def test_what_earlier_runs_left_is_mentioned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, role: Role, lines: int
) -> None:
    """The master or local process logs undelivered data at its start once, with the command to deliver it."""
    left = Spool(tmp_path / "spool" / "yesterday" / "host", {"url": "http://store/api/v1/write"})
    left.append(Payload(b"x" * 2**20, 2000, 1))
    left.close()
    Bench(tmp_path / "runs", role, spool=tmp_path / "spool").end()
    told = [record.getMessage() for record in caplog.records if "earlier runs" in record.getMessage()]
    command = f"locust-push replay {tmp_path / 'spool' / 'yesterday'} --push-url http://store/api/v1/write"
    assert len(told) == lines
    assert all(line.startswith("locust-push: 1.0 MiB of earlier runs (yesterday)") for line in told)
    assert all(line.endswith(f"deliver them with: {command}") for line in told)


def test_overflow_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The warning has the first name beyond the limit."""
    bench = Bench(tmp_path, Role.LOCAL, max_names=1)
    assert bench.run.recorder
    for number in range(5):
        bench.run.recorder.on_request(request_type="GET", name=f"/{number}", response_time=5.0, response_length=1)
    bench.end()
    [warning] = [record.getMessage() for record in caplog.records if "__overflow__" in record.getMessage()]
    assert "'GET /1'" in warning


@pytest.mark.parametrize(
    ("form", "protocols", "classic", "native_schema"),
    [
        (HistogramForm.CLASSIC, ["remote-write"], True, None),
        (HistogramForm.NATIVE, ["remote-write"], False, 4),
        (HistogramForm.BOTH, ["remote-write"], True, 4),
        (HistogramForm.NATIVE, ["remote-write", "pushgateway"], True, 4),
        (HistogramForm.CLASSIC, ["pushgateway"], True, None),
    ],
)
def test_the_form_of_durations(
    form: HistogramForm, protocols: list[str], classic: bool, native_schema: int | None
) -> None:
    """Durations have the configured form; with a Pushgateway they are classic as well."""
    targets = tuple(
        target("--push-url", f"http://host/{name}", protocol("--push-protocol", name)) for name in protocols
    )
    settings = Settings(targets=targets, instance="here", histogram=form, native_schema=4)
    forms = histogram_forms(settings)
    assert (forms.classic, forms.native_schema, forms.bounds) == (classic, native_schema, settings.buckets)


def test_what_came_of_the_run_after_its_warm_up_is_pushed_beside_the_whole(tmp_path: Path) -> None:
    """Requests, times and rate of the steady state are judged, from memory as from the archive."""
    bench = Bench(tmp_path, Role.LOCAL, warmup=0.001)
    bench.run.description.start_time = time.time() - 5
    bench.fire(40)
    tick(bench)
    bench.fire(100)
    assert bench.run.recorder
    for _ in range(100):
        bench.run.recorder.on_request(request_type="GET", name="/slow", response_time=50.0, response_length=1)
    bench.end()
    assert bench.value("locust_run_requests", name="Aggregated") == 240
    assert bench.value("locust_run_steady_requests", name="Aggregated") == 200
    assert bench.value("locust_run_steady_requests", name="/") == 100
    steady = bench.value("locust_run_steady_response_time_seconds", name="/slow", quantile="0.5")
    assert steady == pytest.approx(0.05, rel=0.011)
    from_memory = bench.run.results()
    read_back = Archive(tmp_path, pytest.fail).read("a-run")
    assert from_memory.run.judged_from == read_back.run.judged_from
    for one in (from_memory, read_back):
        assert [(row.name, row.requests) for row in one.rows] == [("/", 100), ("/slow", 100)]
        assert one.aggregated.requests == 200
        assert one.aggregated.response_times["avg"] == pytest.approx(0.0275)
    assert [row.response_times for row in from_memory.rows] == [row.response_times for row in read_back.rows]
    assert Archive(tmp_path, pytest.fail).read("a-run", warmup=0).aggregated.requests == 240


def tick(bench: Bench) -> None:
    """Take a snapshot now."""
    for _ in bench.run._pipeline.tick():
        pass


def test_an_aborted_run_is_marked_and_not_met(tmp_path: Path) -> None:
    """An early end is in the archive and in the pushed series, whatever Locust's own exit code."""
    bench = Bench(tmp_path, Role.LOCAL, aborts=("rps < 1000",), abort_grace=0.0)
    bench.run.description.start_time = time.time() - 5
    bench.fire(10)

    def aborted() -> bool:
        """Tick, after a second since rates need one, and return whether the run was ended."""
        tick(bench)
        return bool(bench.run.description.cut_short)

    eventually(aborted)
    bench.end()
    assert bench.value("locust_run_cut_short", state="aborted") == 1
    assert bench.value("locust_run_gate_met") == 0
    run = Archive(tmp_path, pytest.fail).find("a-run")
    assert (run.cut_short, run.gate_met) == ("aborted", False)


@pytest.mark.parametrize(("gate", "met"), [("p95 > 1s", True), ("p75 > 1ms", False)])
def test_the_verdict_is_stored_with_the_run(tmp_path: Path, gate: str, met: bool) -> None:
    """The verdict is in the archive and pushed; the gate's percentile is as precise as any other."""
    bench = Bench(tmp_path, Role.LOCAL, gates=(gate,))
    bench.fire(200)
    bench.end()
    assert bench.value("locust_run_gate_met") == met
    archive = Archive(tmp_path, pytest.fail)
    assert archive.find("a-run").gate_met is met
    read_back = judge(Gate([parse(gate)]), archive.read("a-run"))
    assert read_back.met is met
