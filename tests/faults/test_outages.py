"""The receiver is unreachable, at different times of the run."""

from __future__ import annotations

import signal
import time

from tests.faults.lanes import Lane
from tests.faults.stage import Stage, assert_survived, run_end_to_exit
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway


def test_without_a_fault(stage: Stage) -> None:
    """Without a fault the store has everything when the run ends."""
    record, _ = stage.run("none")
    assert record.after_replay is None


def test_down_at_the_start(stage: Stage) -> None:
    """Data recorded before the receiver starts is delivered then."""
    stage.receiver.down()
    with stage.locust("-t", "3s") as locust:
        locust.wait_for("will retry")
        stage.receiver.up()
        delay = run_end_to_exit(locust)
    record = stage.outcome("down-at-start", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost


def test_down_in_between(stage: Stage) -> None:
    """An outage that ends before the run leaves no gap."""
    with stage.locust("-t", "3s") as locust:
        stage.await_pushes()
        stage.receiver.down()
        locust.wait_for("will retry")
        stage.receiver.up()
        delay = run_end_to_exit(locust)
    record = stage.outcome("down-in-between", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost


def test_down_at_the_end(stage: Stage) -> None:
    """Undelivered data is on disk, and a replay delivers it."""
    with stage.locust("-t", "3s") as locust:
        stage.await_pushes()
        stage.receiver.down()
        delay = run_end_to_exit(locust)
    record = stage.outcome("down-at-end", locust, delay=delay)
    assert_survived(record, locust)
    assert record.after_run < record.served
    assert not record.lost


def test_down_for_the_whole_run(stage: Stage) -> None:
    """A run without any delivery is in the store after the replay."""
    stage.receiver.down()
    record, _ = stage.run("down")
    assert record.after_run == 0
    assert not record.lost


def test_sigterm_during_an_outage(stage: Stage) -> None:
    """A run that receives SIGTERM while the receiver is down ends in time and keeps its data."""
    with stage.locust() as locust:
        stage.await_pushes()
        stage.receiver.down()
        locust.wait_for("will retry")
        stage.await_load()
        sent = locust.signal(signal.SIGTERM)
        locust.wait()
        delay = time.monotonic() - sent
    record = stage.outcome("sigterm", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost


def test_a_receiver_that_is_started_again(lane: Lane, start_server: StartServer, stage: Stage) -> None:
    """A crash of the store loses nothing: Prometheus keeps its data, a Pushgateway gets the next snapshot."""
    store = start_server(type(lane.server))
    assert isinstance(store, Prometheus | Pushgateway)
    own = Stage(type(lane)(store), stage.target, stage.receiver, stage.folder, stage.usual_exit)  # type: ignore[arg-type]  # the lane's own kind
    with own.locust("-t", "4s", push_url=store.url + lane.path) as locust:
        eventually(lambda: own.stored().requests > 0, within=30)
        store.kill()
        locust.wait_for("will retry")
        store.start(store.port)
        delay = run_end_to_exit(locust)
    record = own.outcome("receiver-restarted", locust, delay=delay)
    assert_survived(record, locust)
    assert not record.lost
