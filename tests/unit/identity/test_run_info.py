from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locust_push.core.labels import RUN_INFO_LABELS
from locust_push.identity.ci import CiInfo
from locust_push.identity.git import GitInfo
from locust_push.identity.run_info import Parameters, run_info_labels

CI = CiInfo(
    name="github",
    pipeline="9",
    job="load",
    attempt="2",
    url="https://u:s3cr3t@ci/9",
    commit="c1",
    branch="b1",
    pull_request="7",
)
GIT = GitInfo("c2", "b2", dirty=True)


FULL: dict[str, Any] = {
    "locustfile": "tests/locustfile.py",
    "host": "https://user:s3cr3t@shop.example/api",
    "users": 100,
    "spawn_rate": 2.5,
    "run_time": 90.0,
    "profile": "peak",
    "user_classes": ["Writer", "Reader"],
    "shape_class": "Steps",
    "tags": ["slow", "read"],
    "exclude_tags": ["write"],
}


def test_nothing_known_gives_no_labels() -> None:
    """Only known facts become labels; empty parameters have a hash as well."""
    assert [name for name, _ in run_info_labels(Parameters())] == ["parameters"]


def test_everything_known() -> None:
    """Every label is in the documented order, numbers are short, user info is removed."""
    labels = run_info_labels(Parameters(**FULL), locust_version="2.47.0", ci=CI, git=GIT)
    assert tuple(name for name, _ in labels) == RUN_INFO_LABELS
    assert dict(labels) == {
        "locustfile": "tests/locustfile.py",
        "host": "https://shop.example/api",
        "locust_version": "2.47.0",
        "users": "100",
        "spawn_rate": "2.5",
        "run_time": "90s",
        "profile": "peak",
        "user_classes": "Reader,Writer",
        "shape_class": "Steps",
        "parameters": Parameters(**FULL).digest,
        "git_commit": "c1",
        "git_branch": "b1",
        "git_dirty": "true",
        "ci": "github",
        "ci_url": "https://ci/9",
        "ci_pipeline": "9",
        "ci_job": "load",
        "ci_attempt": "2",
        "pull_request": "7",
    }


def test_git_tells_what_ci_does_not() -> None:
    """Without a CI system, or one without a commit, git's is used."""
    known = dict(run_info_labels(Parameters(), git=GIT))
    assert (known["git_commit"], known["git_branch"], known["git_dirty"]) == ("c2", "b2", "true")
    assert dict(run_info_labels(Parameters(), ci=CiInfo(name="jenkins"), git=GIT))["git_commit"] == "c2"


def test_zero_is_known() -> None:
    """A number of 0 is a fact, unlike an empty text."""
    known = dict(run_info_labels(Parameters(users=0, profile="")))
    assert known["users"] == "0"
    assert "profile" not in known


@example("\ud800")  # half a character, as a broken file name gives
@given(st.text())
def test_values_are_bounded_and_whole(text: str) -> None:
    """A value has at most 200 bytes of valid UTF-8, and begins as given."""
    value = dict(run_info_labels(Parameters(profile="p" + text * 50)))["profile"]
    assert value.encode()[:1] == b"p"
    assert len(value.encode()) <= 200


def test_the_digest_is_eight_hexadecimal_digits() -> None:
    """The digest is constant over versions, so that new and old runs are comparable."""
    assert Parameters(**FULL).digest == "c901fefd"


OTHER: dict[str, Any] = {
    "locustfile": "other.py",
    "host": "https://shop.example",
    "users": 101,
    "spawn_rate": 3,
    "run_time": None,
    "profile": "Peak",
    "user_classes": ["Reader"],
    "shape_class": None,
    "tags": ["slow"],
    "exclude_tags": [],
}


@pytest.mark.parametrize("name", FULL)
def test_unlike_runs_have_unlike_digests(name: str) -> None:
    """Each parameter affects the digest."""
    assert Parameters(**{**FULL, name: OTHER[name]}).digest != Parameters(**FULL).digest


def test_a_value_does_not_count_for_another() -> None:
    """The same text in another parameter gives another digest."""
    alike = (Parameters(profile="a"), Parameters(shape_class="a"), Parameters(tags="a"), Parameters(exclude_tags="a"))
    assert len({parameters.digest for parameters in alike}) == 4


@pytest.mark.parametrize(
    "same",
    [
        {"user_classes": ("Reader", "Writer")},
        {"tags": {"read", "slow"}},
        {"users": 100.0},
        {"host": "https://other:word@shop.example/api"},
        {"locustfile": "/builds/7/locustfile.py"},
    ],
    ids=lambda same: next(iter(same)),
)
def test_like_runs_have_like_digests(same: dict[str, Any]) -> None:
    """Order, credentials, and the folder of the locustfile do not affect it."""
    assert Parameters(**{**FULL, **same}).digest == Parameters(**FULL).digest
