"""Several runs in one process, started and stopped in the web UI."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.real.archive import archived
from tests.real.command_lines import alone_as_master
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.real.web_ui import WebUi
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target

WORKER_REPORT_INTERVAL, LAST_REPORTS = 3.0, 2.0
"""Seconds between a worker's reports, and how much longer a master would wait for the last one."""

SOME = 40
"""Requests that make a run worth counting."""


@contextmanager
def web_ui(folder: Path, *arguments: str, **options: Any) -> Iterator[WebUi]:
    """A web UI whose process ends with the block, regularly."""
    ui = WebUi(folder, *arguments, **options)
    with ui.locust:
        yield ui
        ui.locust.signal(signal.SIGTERM)
        ui.locust.wait()


def run_once(ui: WebUi, target: Target, **fields: str) -> Counts:
    """Start a run, stop it after some requests; return what the target served in it."""
    target.reset()
    ui.start(**fields)
    eventually(lambda: target.total() > SOME, within=30)
    ui.stop()
    return Counts.served(target)


def test_each_of_several_runs_is_exact(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Three runs in one process have separate run IDs, each counts from 0, and each equals the target's counts."""
    with web_ui(tmp_path, "-H", target.url, "--push-url", prometheus.write_url, "--push-interval", "500ms") as ui:
        served = [run_once(ui, target) for _ in range(3)]
    runs = ui.runs()
    assert len(set(runs)) == 3, ui.locust.output
    assert [Counts.stored(prometheus, run) for run in runs] == served, ui.locust.output
    assert [aggregated(prometheus, run) for run in runs] == [counts.requests for counts in served]


def test_past_runs_are_forgotten(target: Target, tmp_path: Path) -> None:
    """After many runs a web UI holds one run, with one listener for requests and one for user errors."""
    with web_ui(tmp_path, "-H", target.url, "--push-url", "file:runs", locustfile="listeners.py") as ui:
        for _ in range(3):
            run_once(ui, target)
            eventually(lambda: ui.locust.output.count("nothing lost") == len(ui.runs()))
    assert ui.locust.output.count("runs held: 1") == 3
    assert ui.locust.output.count("our listeners: 2") == 3


def test_a_run_that_was_stopped_is_delivered_at_once(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """Stop ends a run immediately, without waiting for a tick or for the end of the process."""
    with web_ui(tmp_path, "-H", target.url, "--push-url", prometheus.write_url, "--push-interval", "10m") as ui:
        served = run_once(ui, target, push_run_id="stopped")
        ui.locust.wait_for("nothing lost", within=30)
        assert Counts.stored(prometheus, "stopped") == served
        assert prometheus.query('count({run_id="stopped"})') == []


def test_a_run_id_that_is_given_again_is_numbered(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """--push-run-id nightly gives nightly, nightly-2, nightly-3."""
    with web_ui(
        tmp_path,
        "-H",
        target.url,
        "--push-url",
        prometheus.write_url,
        "--push-run-id",
        "nightly",
        "--push-interval",
        "1s",
    ) as ui:
        served = [run_once(ui, target) for _ in range(3)]
    assert ui.runs() == ["nightly", "nightly-2", "nightly-3"]
    assert [Counts.stored(prometheus, run) for run in ui.runs()] == served


def test_the_form_names_the_run(prometheus: Prometheus, target: Target, tmp_path: Path) -> None:
    """A run ID in the form is used, with its labels; an empty field gives a generated one."""
    with web_ui(tmp_path, "-H", target.url, "--push-url", prometheus.write_url, "--push-interval", "1s") as ui:
        run_once(ui, target, push_run_id="typed", push_label="")
        run_once(ui, target, push_run_id="", push_label="")
        run_once(ui, target, push_run_id="typed", push_label="team=checkout,shift=late")
    typed, generated, again = ui.runs()
    assert (typed, again) == ("typed", "typed-2")
    assert generated[8] == "T"
    assert prometheus.label_values("team", '{run_id="typed-2"}') == ["checkout"]
    assert prometheus.label_values("shift", '{run_id="typed-2"}') == ["late"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("push_run_id", "not one!", "'not one!': is not a run ID"),
        ("push_label", "team=a,2nd=b", "'2nd=b': has a name that Prometheus refuses"),
    ],
)
def test_a_mistake_in_the_form_costs_only_itself(
    field: str, value: str, words: str, target: Target, tmp_path: Path
) -> None:
    """An invalid value is left out and shown as an error of the form; the run and the next one are pushed."""
    ui = WebUi(tmp_path, "-H", target.url, "--push-url", "file:runs", "--push-required")
    with ui.locust:
        answer = ui.send_form(**{"push_run_id": "", "push_label": "", field: value})
        assert words in json.loads(answer)["message"]
        eventually(lambda: target.total() > SOME, within=30)
        ui.stop()
        served = [Counts.served(target), run_once(ui, target)]
        ui.locust.signal(signal.SIGTERM)
        assert ui.locust.wait() == 4, ui.locust.output
    assert [archived(tmp_path / "runs", run) for run in ui.runs()] == served, ui.locust.output
    assert sum(words in line for line in ui.locust.push_lines()) == 1


def test_the_web_ui_shows_no_secrets(target: Target, tmp_path: Path) -> None:
    """Neither page nor start form nor log contain the user info of a URL, a secret header or a password."""
    environ = {"LOCUST_PUSH_PASSWORD": "hunter2"}
    with web_ui(
        tmp_path, "-H", target.url, "--push-url", "http://user:hunter4@127.0.0.1:1/write",
        "--push-header", "X-Api-Key=hunter5", "--push-flush-timeout", "0",
        environ=environ,
    ) as ui:  # fmt: skip
        seen = [ui.page(), ui.start(), ui.page()]
        eventually(lambda: target.total() > SOME, within=30)
        ui.stop()
        seen.append(ui.page())
    assert "push_run_id" in seen[0]
    assert not [text for text in (*seen, ui.locust.output) if "hunter" in text]


def aggregated(store: Prometheus, run: str) -> float:
    """Return the requests of a whole run from its end-of-run summary."""
    return store.value(f'last_over_time(locust_run_requests{{run_id="{run}",name="Aggregated"}}[10m])') or 0


@contextmanager
def master_and_worker(
    folder: Path, target: Target, store: Prometheus, run_id: str, *options: str
) -> Iterator[tuple[WebUi, LocustProcess]]:
    """A master with its web UI, which pushes to a store, and one worker."""
    master = alone_as_master()
    push = ("--push-url", store.write_url, "--push-run-id", run_id, "--push-interval", "500ms")
    with (
        web_ui(folder, *master, "-H", target.url, *push, *options, "--stop-timeout", "1") as ui,
        LocustProcess(folder, "--worker", "--master-port", master[-1]) as worker,
    ):
        yield ui, worker


def three_runs(ui: WebUi, worker: LocustProcess, target: Target) -> list[Counts]:
    """Make three runs in quick succession, and end both processes; return what the target served."""
    served = []
    for _ in range(3):
        eventually(lambda: ui.workers() == ["ready"], within=30)
        served.append(run_once(ui, target))
    ui.locust.signal(signal.SIGTERM)
    assert ui.locust.wait() in {0, 1}, ui.locust.output
    assert worker.wait() == 0, worker.output
    return served


def test_runs_of_a_master_and_its_worker_follow_each_other(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """If the next run begins before the first one is complete on the master, each is exact and has its summary."""
    with master_and_worker(tmp_path, target, prometheus, "followed") as (ui, worker):
        served = three_runs(ui, worker, target)
    runs = ui.runs()
    assert runs == ["followed", "followed-2", "followed-3"]
    assert [Counts.stored(prometheus, run) for run in runs] == served, worker.output
    # Locust's own worker drops unreported data when the next run begins; ours does not.
    assert [aggregated(prometheus, run) for run in runs] == [counts.requests for counts in served]


def test_a_master_that_pushes_alone_keeps_overlapping_runs_apart(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """If the next run begins before the last reports of the first one, both are complete and separate."""
    alone = ("--push-from", "master")
    with master_and_worker(tmp_path, target, prometheus, "overlapping", *alone) as (ui, worker):
        served = three_runs(ui, worker, target)
    assert [Counts.stored(prometheus, run) for run in ui.runs()] == served, ui.locust.output
    assert [aggregated(prometheus, run) for run in ui.runs()] == [counts.requests for counts in served]


def test_a_master_ends_a_run_when_the_last_report_is_there(
    prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """The master waits at most three seconds for reports of connected workers."""
    with master_and_worker(tmp_path, target, prometheus, "prompt") as (ui, worker):
        eventually(lambda: ui.workers() == ["ready"], within=30)
        served = run_once(ui, target)
        stopped = time.monotonic()
        ui.locust.wait_for("nothing lost")
        assert time.monotonic() - stopped < WORKER_REPORT_INTERVAL + LAST_REPORTS - 0.5
        assert aggregated(prometheus, "prompt") == served.requests
        ui.locust.signal(signal.SIGTERM)
        ui.locust.wait()
        assert worker.wait() == 0, worker.output
