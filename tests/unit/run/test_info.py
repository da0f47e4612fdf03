from hypothesis import example, given
from hypothesis import strategies as st

from locust_push.run import RUN_INFO_LABELS, CiInfo, GitInfo, run_info_labels

CI = CiInfo(
    name="github", pipeline="9", job="load", url="https://u:s3cr3t@ci/9", commit="c1", branch="b1", pull_request="7"
)
GIT = GitInfo("c2", "b2", dirty=True)


def test_nothing_known_gives_no_labels() -> None:
    """Only what is known becomes a label."""
    assert run_info_labels() == ()


def test_everything_known() -> None:
    """Every label appears in the documented order, numbers as people write them, user info dropped."""
    labels = run_info_labels(
        locustfile="locustfile.py",
        host="https://user:s3cr3t@shop.example/api",
        locust_version="2.47.0",
        users=100,
        spawn_rate=2.5,
        run_time=90.0,
        profile="peak",
        ci=CI,
        git=GIT,
    )
    assert tuple(name for name, _ in labels) == RUN_INFO_LABELS
    assert dict(labels) == {
        "locustfile": "locustfile.py",
        "host": "https://shop.example/api",
        "locust_version": "2.47.0",
        "users": "100",
        "spawn_rate": "2.5",
        "run_time": "90s",
        "profile": "peak",
        "git_commit": "c1",
        "git_branch": "b1",
        "git_dirty": "true",
        "ci": "github",
        "ci_url": "https://ci/9",
        "ci_pipeline": "9",
        "ci_job": "load",
        "pull_request": "7",
    }


def test_git_tells_what_ci_does_not() -> None:
    """Without a CI system, or one that does not name the commit, git's word counts."""
    assert run_info_labels(git=GIT) == (("git_commit", "c2"), ("git_branch", "b2"), ("git_dirty", "true"))
    assert dict(run_info_labels(ci=CiInfo(name="jenkins"), git=GIT))["git_commit"] == "c2"


def test_zero_is_known() -> None:
    """A number of 0 is a fact, unlike an empty text."""
    assert run_info_labels(users=0, profile="") == (("users", "0"),)


@example("\ud800")  # half a character, as a broken file name gives
@given(st.text())
def test_values_are_bounded_and_whole(text: str) -> None:
    """A value has at most 200 bytes, begins as it was given, and is valid UTF-8 whatever it was made of."""
    value = dict(run_info_labels(profile="p" + text * 50))["profile"]
    assert value.encode()[:1] == b"p"
    assert len(value.encode()) <= 200
