"""Fixtures with real servers; tests/conftest.py loads them.

The servers of the session are shared: tests distinguish their series by `run_id`, so one Prometheus is enough for all.
A test that changes, stops or configures a server takes its own from `start_server`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import pytest

from tests.servers.alertmanager import Alertmanager
from tests.servers.base import Server
from tests.servers.browser import Browser
from tests.servers.checked import found_problems
from tests.servers.locate import ServerMissingError
from tests.servers.nginx import Nginx
from tests.servers.node_exporter import NodeExporter
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.query import QueryableServer
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics

S = TypeVar("S", bound=Server)
Started = TypeVar("Started", bound="Startable")


@pytest.fixture(autouse=True)
def _requests_by_the_rules() -> Iterator[None]:
    """Whatever a test has written to a real receiver is as the specification of remote-write wants it."""
    yield
    assert found_problems() == []


def start_or_skip(server: Started) -> Started:
    """Start `server`; without its program skip the test, or fail it in CI, where nothing may be missing."""
    try:
        return server.start()
    except ServerMissingError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error} (in CI a missing server is a failure)", pytrace=False)
        pytest.skip(str(error))


class Startable(Protocol):
    """A server, or another process that tests start."""

    def start(self) -> Self:
        """Start it.

        Raises:
            ServerMissingError: it is not installed.
        """
        ...


class StartServer(Protocol):
    """The type of the fixture `start_server`: `start_server(Prometheus, version=2)`."""

    def __call__(self, kind: type[S], **options: Any) -> S:
        """Start a server of this type with its own data; it stops when the test ends."""


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start servers for one test alone."""
    with ExitStack() as stack:

        def start(kind: type[S], **options: Any) -> S:
            folder = tmp_path / f"{kind.__name__.lower()}-{len(list(tmp_path.iterdir()))}"
            server = start_or_skip(kind(folder, **options))
            stack.callback(server.stop)
            return server

        yield start


def _session_server(server: S) -> Iterator[S]:
    start_or_skip(server)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def prometheus2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus 2.42, shared."""
    yield from _session_server(Prometheus(tmp_path_factory.mktemp("prometheus2"), version=2))


@pytest.fixture(scope="session")
def prometheus3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus 3, shared."""
    yield from _session_server(Prometheus(tmp_path_factory.mktemp("prometheus3"), version=3))


@pytest.fixture(scope="session")
def prometheus(prometheus3: Prometheus) -> Prometheus:
    """The newest Prometheus, for tests that work with any version."""
    return prometheus3


@pytest.fixture(scope="session")
def victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    """VictoriaMetrics, shared."""
    yield from _session_server(VictoriaMetrics(tmp_path_factory.mktemp("victoria-metrics")))


@pytest.fixture(params=["prometheus2", "prometheus3", "victoria_metrics"])
def receiver(request: pytest.FixtureRequest) -> QueryableServer:
    """Run the test with each remote-write receiver."""
    server: QueryableServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def pushgateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushgateway]:
    """A Pushgateway, shared."""
    yield from _session_server(Pushgateway(tmp_path_factory.mktemp("pushgateway")))


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """An Alertmanager without receivers, shared."""
    yield from _session_server(Alertmanager(tmp_path_factory.mktemp("alertmanager")))


@pytest.fixture(scope="session")
def node_exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeExporter]:
    """A node_exporter, shared."""
    yield from _session_server(NodeExporter(tmp_path_factory.mktemp("node-exporter")))


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """An nginx that answers `ok`, shared."""
    yield from _session_server(Nginx(tmp_path_factory.mktemp("nginx")))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, shared."""
    started = start_or_skip(Browser(tmp_path_factory.mktemp("chromium")))
    yield started
    started.stop()


@pytest.fixture
def target(start_server: StartServer) -> Target:
    """A service to test, for one test alone, so that its counts are those of the test."""
    return start_server(Target)
