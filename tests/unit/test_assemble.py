"""A run in one process, from start to end, pushed to an archive."""

import json
from pathlib import Path
from typing import Any

import pytest

from locust_push.assemble import ActiveRun, Role, RunDescription
from locust_push.delivery.spool import Spool
from locust_push.settings import Settings
from locust_push.settings.targets import target
from locust_push.wire.payload import Payload
from tests.real.archive import samples
from tests.unit.locust_stand_ins import Entry, Environment, Stats, Worker

AGES = 1000.0
"""Seconds after which nobody in here finishes a run."""


class Bench:
    """A run that has started."""

    def __init__(self, folder: Path, role: Role, **settings: Any) -> None:
        self.environment = Environment(Entry("GET", "/", 10))
        self.folder = folder
        where = target("--push-url", f"file:{folder}")
        self.run = ActiveRun(
            Settings(targets=(where,), instance="here", **settings),
            role,
            self.environment,
            RunDescription("a-run", info=(), start_time=1.0),
        )
        self.run.start()

    def end(self) -> None:
        """Finish, and wait for the flush."""
        self.run.finish()
        self.run.agent.wait()

    def value(self, metric: str, **labels: str) -> float | None:
        """The last value of a series before it ended."""
        found = None
        for path in (self.folder / "a-run").glob("*.segment"):
            for series, value in samples(path):
                if series.items() >= {"__name__": metric, **labels}.items() and value == value:  # noqa: PLR0124  # NaN
                    found = value
        return found


def test_a_masters_summary_has_its_workers_last_reports(tmp_path: Path) -> None:
    """What workers tell after the run has stopped is in it."""
    bench = Bench(tmp_path, Role.MASTER)
    bench.run.finish_later(AGES)
    bench.environment.stats = Stats(Entry("GET", "/", 25))
    bench.end()
    assert bench.value("locust_run_requests", name="Aggregated") == 25


def test_a_masters_summary_survives_the_next_run(tmp_path: Path) -> None:
    """Where the next run has begun and Locust has cleared its statistics, those from the stop are used."""
    bench = Bench(tmp_path, Role.MASTER)
    bench.run.finish_later(AGES)
    bench.environment.stats = Stats()
    bench.end()
    assert bench.value("locust_run_requests", name="Aggregated") == 10


def test_a_worker_does_not_speak_for_the_run(tmp_path: Path) -> None:
    """Only master and local runner write what holds for the run as a whole."""
    bench = Bench(tmp_path, Role.WORKER)
    bench.end()
    assert bench.value("locust_run_requests", name="Aggregated") is None
    assert bench.value("locust_run_start_time_seconds") is None
    assert not (tmp_path / "a-run" / "run.json").exists()


@pytest.mark.parametrize(("states", "words"), [(["running", "missing", "missing"], ["lost: 2;"]), (["ready"], [])])
def test_a_master_says_that_workers_were_lost(
    states: list[str], words: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What a worker did after its last push is missing, and it cannot say so itself."""
    bench = Bench(tmp_path, Role.MASTER)
    bench.environment.runner.clients = {str(number): Worker(state) for number, state in enumerate(states)}
    bench.end()
    assert [
        record.message.partition("that were ")[2][:8] for record in caplog.records if "lost:" in record.message
    ] == words


def test_a_master_makes_no_requests(tmp_path: Path) -> None:
    """Sums over processes are right, since the master records nothing."""
    bench = Bench(tmp_path, Role.MASTER)
    assert bench.run.recorder is None
    bench.end()


def test_a_local_run_is_whole(tmp_path: Path) -> None:
    """Requests, users of the process, the summary and run.json, and the time at which it ended."""
    bench = Bench(tmp_path, Role.LOCAL)
    assert bench.run.recorder
    bench.run.recorder.on_request(request_type="GET", name="/", response_time=5.0, response_length=1)
    bench.run.description.end_time = 61.0
    bench.end()
    assert bench.value("locust_requests_total", name="/", status="success") == 1
    assert bench.value("locust_run_end_time_seconds") == 61
    assert json.loads((tmp_path / "a-run" / "run.json").read_text())["end_time"] == 61


def test_finishing_twice_is_finishing_once(tmp_path: Path) -> None:
    """A second end adds nothing, and the agent knows when all is done."""
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
    """The process that speaks for the run says once at its start what waits in the spool, and how to deliver it."""
    left = Spool(tmp_path / "spool" / "yesterday" / "host", {})
    left.append(Payload(b"x" * 2**20, 2000, 1))
    left.close()
    Bench(tmp_path / "runs", role, spool=tmp_path / "spool").end()
    told = [record.getMessage() for record in caplog.records if "earlier runs" in record.getMessage()]
    command = f"locust-push replay {tmp_path / 'spool' / 'yesterday'} --push-url file:{tmp_path / 'runs'}"
    assert len(told) == lines
    assert all(line.startswith("locust-push: 1.0 MiB of earlier runs (yesterday)") for line in told)
    assert all(line.endswith(f"deliver them with: {command}") for line in told)


def test_overflow_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The warning names the first name that did not fit."""
    bench = Bench(tmp_path, Role.LOCAL, max_names=1)
    assert bench.run.recorder
    for number in range(5):
        bench.run.recorder.on_request(request_type="GET", name=f"/{number}", response_time=5.0, response_length=1)
    bench.end()
    [warning] = [record.getMessage() for record in caplog.records if "__overflow__" in record.getMessage()]
    assert "'GET /1'" in warning
