"""Checks before a run."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from locust_push.config.errors import ConfigurationError
from locust_push.plugin.checks import check_end


def check(path: Path) -> None:
    """Check a run with a report."""
    environment: Any = SimpleNamespace(parsed_options=SimpleNamespace(), runner=None)
    settings: Any = SimpleNamespace(reports=(path,), gates=(), aborts=())
    check_end(environment, settings)


def test_the_folder_of_a_report_is_made(tmp_path: Path) -> None:
    """The folder of a report is created."""
    check(tmp_path / "a" / "b" / "report.html")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_report_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    """A file as its folder, or a folder with its name, is refused."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(ConfigurationError, match="its folder cannot be created"):
        check(tmp_path / "file" / "report.html")
    with pytest.raises(ConfigurationError, match="is a folder"):
        check(tmp_path / "folder.html")
