import re
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.identity.run_ids import RunIds, generate_run_id, of_attempt

START = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
PATTERN = re.compile(r"[A-Za-z0-9._:-]{1,128}")


GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "987", "GITHUB_JOB": "load test", "GITHUB_RUN_ATTEMPT": "2"}


def seeded() -> Random:
    """Return a source that gives the same numbers in every test."""
    return Random(1)  # noqa: S311  # distinguishes runs, no secret


def test_outside_of_ci_four_characters_follow_the_time() -> None:
    """A generated ID has the start in UTC and four random characters that are easy to distinguish."""
    assert re.fullmatch(r"20261121T201500Z-[a-km-np-z2-9]{4}", generate_run_id(START, {}, seeded()))


def test_the_time_is_utc() -> None:
    """A start in another time zone gives the same ID."""
    elsewhere = START.astimezone(timezone(timedelta(hours=-8)))
    assert generate_run_id(elsewhere, {}, seeded()) == generate_run_id(START, {}, seeded())


def test_two_starts_in_one_second_differ() -> None:
    """The random characters distinguish runs of the same second."""
    random = seeded()
    assert generate_run_id(START, {}, random) != generate_run_id(START, {}, random)


def test_in_ci_the_job_follows_the_time() -> None:
    """A generated ID contains the CI system, the pipeline, the job and the attempt."""
    assert generate_run_id(START, GITHUB, seeded()).startswith("20261121T201500Z-github-987-load-test-2-")


def test_jobs_of_a_matrix_that_start_in_one_second_differ() -> None:
    """Jobs of a matrix have the same CI reference; random characters distinguish their runs."""
    random = seeded()
    assert len({generate_run_id(START, GITHUB, random) for _ in range(20)}) == 20


def test_a_long_ci_reference_leaves_room_for_what_tells_runs_apart() -> None:
    """The reference is cut, never the random characters behind it."""
    random, environ = seeded(), {"GITLAB_CI": "true", "CI_PIPELINE_ID": "9" * 500}
    first, second = (generate_run_id(START, environ, random) for _ in range(2))
    assert len(first) == len(second) == 128
    assert first[:-4] == second[:-4]
    assert first != second


@given(st.text(min_size=1), st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)))  # noqa: DTZ001  # hypothesis wants it naive
def test_any_ci_value_gives_a_run_id(pipeline: str, now: datetime) -> None:
    """Whatever a CI system calls its jobs, the ID has valid characters and length."""
    assert PATTERN.fullmatch(generate_run_id(now, {"GITLAB_CI": "true", "CI_PIPELINE_ID": pipeline}, seeded()))


def test_a_second_run_gets_a_number() -> None:
    """Each run of a process with the same ID gets the next number."""
    ids = RunIds()
    assert [ids.claim("nightly") for _ in range(3)] == ["nightly", "nightly-2", "nightly-3"]


def test_a_number_that_is_taken_is_skipped() -> None:
    """An ID that a user gave before is not generated again."""
    ids = RunIds()
    assert [ids.claim(asked) for asked in ("a-2", "a", "a")] == ["a-2", "a", "a-3"]


@given(st.lists(st.text("ab-2", min_size=1, max_size=3) | st.just("x" * 128) | st.just("x" * 127), max_size=40))
def test_claimed_ids_are_unique_and_valid(asked: list[str]) -> None:
    """No ID is used twice, and none is longer than 128 characters."""
    ids = RunIds()
    claimed = [ids.claim(run_id) for run_id in asked]
    assert len(set(claimed)) == len(claimed)
    assert all(PATTERN.fullmatch(run_id) for run_id in claimed)


def test_an_id_that_another_process_has_gets_a_number() -> None:
    """IDs that are in use elsewhere, as by a folder in an archive, are skipped."""
    asked: list[str] = []

    def is_free(run_id: str) -> bool:
        asked.append(run_id)
        return run_id not in {"R", "R-2"}

    assert RunIds().claim("R", is_free) == "R-3"
    assert asked == ["R", "R-2", "R-3"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "R"),
        ({**GITHUB, "GITHUB_RUN_ATTEMPT": "1"}, "R"),
        (GITHUB, "R-attempt2"),
        ({"BUILDKITE": "true", "BUILDKITE_RETRY_COUNT": "0"}, "R"),
        ({"BUILDKITE": "true", "BUILDKITE_RETRY_COUNT": "1"}, "R-attempt2"),
        ({"TF_BUILD": "True", "SYSTEM_JOBATTEMPT": "3"}, "R-attempt3"),
        ({"BITBUCKET_BUILD_NUMBER": "5", "BITBUCKET_STEP_RUN_NUMBER": "2"}, "R-attempt2"),
        ({"GITLAB_CI": "true", "CI_JOB_ID": "7"}, "R"),
        ({**GITHUB, "GITHUB_RUN_ATTEMPT": "\u0663"}, "R"),
        ({**GITHUB, "GITHUB_RUN_ATTEMPT": ""}, "R"),
    ],
)
def test_a_ci_retry_has_an_id_of_its_own(environ: dict[str, str], expected: str) -> None:
    """If the CI system numbers attempts, all but the first one are appended to the given ID."""
    assert of_attempt("R", environ) == expected


def test_the_attempt_of_a_long_id_is_kept() -> None:
    """The ID is cut, never the suffix of the attempt."""
    assert of_attempt("x" * 128, GITHUB) == "x" * 119 + "-attempt2"
