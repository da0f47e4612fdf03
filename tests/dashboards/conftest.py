"""The runs that the dashboards are opened with, made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.dashboards.two_runs import TwoRuns, stage
from tests.servers.fixtures import start_or_skip


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRuns]:
    """Two distributed runs, two hours apart."""
    with ExitStack() as stack:
        yield stage(tmp_path_factory.mktemp("two-runs"), stack, start_or_skip)
