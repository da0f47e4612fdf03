from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from locust_push.testing import Receiver
from tests.faults.cases import BOTH, REMOTE_WRITE
from tests.faults.lanes import Lane, PushgatewayLane, RemoteWriteLane
from tests.faults.stage import LOAD, Stage, run_end_to_exit
from tests.real.command_lines import HEADLESS
from tests.real.locust_process import LocustProcess
from tests.request_rules import assert_by_the_rules
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.target import Target


@pytest.fixture(params=BOTH)
def lane(request: pytest.FixtureRequest) -> Lane:
    """Run the test with each protocol."""
    if request.param == REMOTE_WRITE:
        prometheus: Prometheus = request.getfixturevalue("prometheus")
        return RemoteWriteLane(prometheus)
    pushgateway: Pushgateway = request.getfixturevalue("pushgateway")
    return PushgatewayLane(pushgateway)


@pytest.fixture(scope="session")
def usual_exit(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Return how long a run takes to exit without pushing, seconds."""
    with LocustProcess(
        tmp_path_factory.mktemp("usual"), *HEADLESS, *LOAD, "-t", "2s", "-H", "http://127.0.0.1:1"
    ) as locust:
        return run_end_to_exit(locust)


@pytest.fixture
def stage(lane: Lane, target: Target, usual_exit: float, tmp_path: Path) -> Iterator[Stage]:
    """Prepare the stage of a case."""
    with Receiver(forward_to=lane.server.url) as receiver:
        yield Stage(lane, target, receiver, tmp_path, usual_exit)
        if lane.protocol == REMOTE_WRITE:
            assert_by_the_rules(receiver)
