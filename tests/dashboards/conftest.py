"""The runs that the dashboards are opened with, made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dashboards.shift import replay_shifted
from tests.dashboards.two_runs import APART, NEW, OLD, TwoRuns, stage
from tests.servers.fixtures import start_or_skip
from tests.servers.prometheus import Prometheus
from tests.servers.query import QueryableServer
from tests.servers.victoria_metrics import VictoriaMetrics


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRuns]:
    """Two distributed runs, two hours apart."""
    with ExitStack() as stack:
        yield stage(tmp_path_factory.mktemp("two-runs"), stack, start_or_skip)


def _other(kind: str, folder: Path) -> QueryableServer:
    return VictoriaMetrics(folder) if kind == "victoria-metrics" else Prometheus(folder, version=2, out_of_order="1d")


@pytest.fixture(scope="module", params=["prometheus2", "victoria-metrics"])
def elsewhere(
    two_runs: TwoRuns, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TwoRuns]:
    """Both in another store: the old run twice, as itself and as the newer one."""
    with ExitStack() as stack:
        server = start_or_skip(_other(request.param, tmp_path_factory.mktemp("elsewhere")))
        stack.callback(server.stop)
        for run_id, apart in ((OLD, APART), (NEW, 0.0)):
            replay_shifted(two_runs.archived, server.write_url, apart, run_id)
        yield replace(two_runs, prometheus=server)
