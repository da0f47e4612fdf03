"""How runs are named."""

import pytest

from locust_push.results.model import Run
from locust_push.results.names import UnknownRunError, find_run

RUNS = [Run(run_id, {}, None, None) for run_id in ("20261122-c", "20261121-b", "20261120-a")]


@pytest.mark.parametrize(
    ("name", "run_id"),
    [("20261121-b", "20261121-b"), ("latest", "20261122-c"), ("latest~0", "20261122-c"), ("latest~2", "20261120-a")],
)
def test_a_run_has_several_names(name: str, run_id: str) -> None:
    """An ID, ``latest``, and ``latest~N`` for the N-th before it are found."""
    assert find_run(RUNS, name).run_id == run_id


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """For a misspelled ID the similar ones are listed, most similar first."""
    with pytest.raises(UnknownRunError, match=r"'20261121-v' was not found; similar: 20261121-b"):
        find_run(RUNS, "20261121-v")


def test_counting_back_too_far_tells_how_many_there_are() -> None:
    """``latest~3`` of three runs is an error."""
    with pytest.raises(UnknownRunError, match="the number of runs is 3"):
        find_run(RUNS, "latest~3")


@pytest.mark.parametrize("name", ["latest~", "latest~-1", "latest~x", "", "LATEST"])
def test_what_only_looks_like_latest_is_no_name(name: str) -> None:
    """Other texts are treated as an ID, and not found."""
    with pytest.raises(UnknownRunError):
        find_run(RUNS, name)


def test_an_id_wins_over_its_meaning() -> None:
    """A run with the ID ``latest`` can be found."""
    assert find_run([*RUNS, Run("latest", {}, None, None)], "latest").run_id == "latest"
