"""A destination is one module: all features work with a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from locust_push.config.errors import ConfigurationError
from locust_push.outputs import registry
from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.real.notebook import Notebook
from tests.registering import registered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.target import Target


@pytest.fixture
def _notebook() -> Iterator[None]:
    """Register the destination for the commands during a test."""
    with registered(Notebook()):
        yield


def locust_push(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.usefixtures("_notebook")
@pytest.mark.parametrize("processes", [(), distributed()], ids=["local", "master and workers"])
def test_a_run_goes_to_a_destination_of_ones_own_and_comes_back(
    target: Target, tmp_path: Path, processes: tuple[str, ...]
) -> None:
    """Real processes push to it; doctor examines it; show, runs and gate read the run, to the last request."""
    notes = f"notebook:{tmp_path}/notes"
    before = locust_push("doctor", notes)
    assert (before.exit_code, "notebook" in before.output) == (1, True)
    arguments = (*HEADLESS, "-H", target.url, "-u", "3", "--push-url", notes, "--push-run-id", "R", *processes)
    with LocustProcess(tmp_path, *arguments, locustfile="with_a_notebook.py") as locust:
        assert locust.end_when(lambda: target.total() > 50) == 0, locust.output
        assert "nothing lost" in locust.output
    assert locust_push("doctor", notes).exit_code == 0
    assert "R" in locust_push("runs", "--from", notes).output
    shown = locust_push("show", "R", "--from", notes)
    assert shown.exit_code == 0, shown.output
    total = f"{target.total():,}"
    assert total in next(line for line in shown.output.splitlines() if "Aggregated" in line), shown.output
    assert locust_push("gate", "R", "--from", notes, "--fail-if", "requests < 50").exit_code == 0


@pytest.mark.usefixtures("_notebook")
def test_its_urls_are_checked_by_itself() -> None:
    """The destination's own error is shown, and its scheme is listed among the supported ones."""
    with pytest.raises(ConfigurationError, match="is not a notebook; write it like notebook:/srv/notes"):
        registry.target("--push-url", "notebook:?x=1")
    with pytest.raises(ConfigurationError, match="use http, https, file or notebook"):
        registry.target("--push-url", "ftp://host/notes")


def test_without_its_line_in_the_registry_nobody_knows_it() -> None:
    """Without it the scheme is not supported."""
    with pytest.raises(ConfigurationError, match="'notebook:/srv/notes': has no scheme"):
        registry.target("--push-url", "notebook:/srv/notes")
