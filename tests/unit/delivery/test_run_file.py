"""The folder of a run: a direct child of the archive, for one run only."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.config.errors import ConfigurationError
from locust_push.config.values import run_id as checked_run_id
from locust_push.delivery.run_file import claim_run_folder, run_folder


@pytest.mark.parametrize("run_id", ["", ".", "..", "a/b", "../a", "/a", "a\0b"])
def test_what_is_no_name_of_a_folder_is_refused(tmp_path: Path, run_id: str) -> None:
    """Nothing is written outside of the archive's folder."""
    with pytest.raises(ValueError, match="BUG"):
        run_folder(tmp_path, run_id)


@given(st.one_of(st.text(), st.text("./:-\0a"), st.text("a", min_size=4000, max_size=4100)))
def test_every_run_id_is_a_folder_of_its_own(text: str) -> None:
    """Every valid run ID is a valid name of a folder."""
    try:
        run_id = checked_run_id("--push-run-id", text)
    except ConfigurationError:
        return
    assert run_folder(Path("/runs"), run_id) == Path("/runs") / text
    assert Path("/runs", text).resolve().parent == Path("/runs")


def test_a_folder_is_claimed_once(tmp_path: Path) -> None:
    """A second run with an ID finds the folder, whatever is in it."""
    assert [claim_run_folder(tmp_path / "runs", "R") for _ in range(2)] == [True, False]
    assert claim_run_folder(tmp_path / "runs", "R-2")


def test_a_folder_that_cannot_be_made_keeps_no_run_from_its_id(tmp_path: Path) -> None:
    """The later write into the folder reports why it fails."""
    (tmp_path / "file").touch()
    assert claim_run_folder(tmp_path / "file", "R")
