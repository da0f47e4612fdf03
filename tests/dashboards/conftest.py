"""The runs that the dashboards are opened with, made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.dashboards.two_runs import TwoRuns, make_two_runs
from tests.servers.fixtures import start_or_skip
from tests.servers.node_exporter import NodeExporter
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRuns]:
    """Two distributed runs, two hours apart."""
    folder = tmp_path_factory.mktemp("two-runs")
    with ExitStack() as stack:
        machine = start_or_skip(NodeExporter(folder / "node"))
        stack.callback(machine.stop)
        scrape = {"job_name": "node", "static_configs": [{"targets": [machine.address]}]}
        prometheus = start_or_skip(Prometheus(folder / "prometheus", scrape_configs=[scrape], out_of_order="1d"))
        stack.callback(prometheus.stop)
        target = start_or_skip(Target(folder / "target"))
        stack.callback(target.stop)
        yield make_two_runs(folder, prometheus, target)
