import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.identity.ci import CiInfo, detect_ci

SHA = "0123456789abcdef0123456789abcdef01234567"

SYSTEMS = {
    "github": (
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_RUN_ID": "987",
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_JOB": "load",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_SHA": SHA,
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_REF_NAME": "7/merge",
            "GITHUB_HEAD_REF": "feature",
        },
        CiInfo(
            name="github",
            pipeline="987",
            job="load",
            attempt="2",
            url="https://github.com/o/r/actions/runs/987",
            commit=SHA,
            branch="feature",
            pull_request="7",
        ),
    ),
    "gitlab": (
        {
            "GITLAB_CI": "true",
            "CI_PIPELINE_ID": "11",
            "CI_JOB_ID": "22",
            "CI_JOB_URL": "https://gitlab.com/o/r/-/jobs/22",
            "CI_COMMIT_SHA": SHA,
            "CI_COMMIT_REF_NAME": "main",
            "CI_MERGE_REQUEST_IID": "5",
        },
        CiInfo(
            name="gitlab",
            pipeline="11",
            job="22",
            url="https://gitlab.com/o/r/-/jobs/22",
            commit=SHA,
            branch="main",
            pull_request="5",
        ),
    ),
    "circleci": (
        {
            "CIRCLECI": "true",
            "CIRCLE_WORKFLOW_ID": "w-1",
            "CIRCLE_BUILD_NUM": "33",
            "CIRCLE_BUILD_URL": "https://circleci.com/gh/o/r/33",
            "CIRCLE_SHA1": SHA,
            "CIRCLE_BRANCH": "main",
            "CIRCLE_PULL_REQUEST": "https://github.com/o/r/pull/9",
        },
        CiInfo(
            name="circleci",
            pipeline="w-1",
            job="33",
            url="https://circleci.com/gh/o/r/33",
            commit=SHA,
            branch="main",
            pull_request="9",
        ),
    ),
    "azure": (
        {
            "TF_BUILD": "True",
            "BUILD_BUILDID": "44",
            "SYSTEM_JOBID": "j-1",
            "SYSTEM_JOBATTEMPT": "1",
            "SYSTEM_COLLECTIONURI": "https://dev.azure.com/org/",
            "SYSTEM_TEAMPROJECT": "proj",
            "BUILD_SOURCEVERSION": SHA,
            "BUILD_SOURCEBRANCH": "refs/heads/feature/x",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "3",
        },
        CiInfo(
            name="azure",
            pipeline="44",
            job="j-1",
            attempt="1",
            url="https://dev.azure.com/org/proj/_build/results?buildId=44",
            commit=SHA,
            branch="feature/x",
            pull_request="3",
        ),
    ),
    "buildkite": (
        {
            "BUILDKITE": "true",
            "BUILDKITE_PIPELINE_SLUG": "load",
            "BUILDKITE_BUILD_NUMBER": "55",
            "BUILDKITE_JOB_ID": "j-2",
            "BUILDKITE_RETRY_COUNT": "0",
            "BUILDKITE_BUILD_URL": "https://buildkite.com/o/load/builds/55",
            "BUILDKITE_COMMIT": "HEAD",
            "BUILDKITE_BRANCH": "main",
            "BUILDKITE_PULL_REQUEST": "false",
        },
        CiInfo(
            name="buildkite",
            pipeline="load-55",
            job="j-2",
            attempt="0",
            url="https://buildkite.com/o/load/builds/55#j-2",
            branch="main",
        ),
    ),
    "bitbucket": (
        {
            "CI": "true",
            "BITBUCKET_BUILD_NUMBER": "66",
            "BITBUCKET_STEP_UUID": "{u-1}",
            "BITBUCKET_REPO_FULL_NAME": "o/r",
            "BITBUCKET_COMMIT": SHA,
            "BITBUCKET_BRANCH": "main",
            "BITBUCKET_PR_ID": "4",
        },
        CiInfo(
            name="bitbucket",
            pipeline="66",
            job="{u-1}",
            url="https://bitbucket.org/o/r/pipelines/results/66",
            commit=SHA,
            branch="main",
            pull_request="4",
        ),
    ),
    "teamcity": (
        {
            "TEAMCITY_VERSION": "2025.07",
            "TEAMCITY_BUILDCONF_NAME": "Load",
            "BUILD_NUMBER": "77",
            "BUILD_URL": "https://teamcity/build/77",
            "BUILD_VCS_NUMBER": SHA,
        },
        CiInfo(name="teamcity", pipeline="Load-77", url="https://teamcity/build/77", commit=SHA),
    ),
    "travis": (
        {
            "TRAVIS": "true",
            "TRAVIS_BUILD_NUMBER": "88",
            "TRAVIS_JOB_NUMBER": "88.1",
            "TRAVIS_JOB_WEB_URL": "https://app.travis-ci.com/o/r/jobs/1",
            "TRAVIS_COMMIT": SHA,
            "TRAVIS_BRANCH": "main",
            "TRAVIS_PULL_REQUEST": "false",
        },
        CiInfo(
            name="travis",
            pipeline="88",
            job="88.1",
            url="https://app.travis-ci.com/o/r/jobs/1",
            commit=SHA,
            branch="main",
        ),
    ),
    "codebuild": (
        {
            "CODEBUILD_BUILD_ID": "load:b1e6661e",
            "CODEBUILD_BUILD_URL": "https://console.aws.amazon.com/codebuild/home#/builds/load:b1e6661e",
            "CODEBUILD_RESOLVED_SOURCE_VERSION": SHA,
            "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/feature",
            "CODEBUILD_WEBHOOK_TRIGGER": "pr/12",
        },
        CiInfo(
            name="codebuild",
            pipeline="load:b1e6661e",
            url="https://console.aws.amazon.com/codebuild/home#/builds/load:b1e6661e",
            commit=SHA,
            branch="feature",
            pull_request="12",
        ),
    ),
    "jenkins": (
        {
            "JENKINS_URL": "https://jenkins/",
            "JOB_NAME": "load/main",
            "BUILD_NUMBER": "99",
            "BUILD_URL": "https://jenkins/job/load/99/",
            "GIT_COMMIT": SHA,
            "GIT_BRANCH": "origin/main",
            "CHANGE_ID": "",
        },
        CiInfo(
            name="jenkins",
            pipeline="load/main-99",
            url="https://jenkins/job/load/99/",
            commit=SHA,
            branch="main",
        ),
    ),
}


@pytest.mark.parametrize(("environ", "expected"), SYSTEMS.values(), ids=SYSTEMS)
def test_what_a_ci_system_says(environ: dict[str, str], expected: CiInfo) -> None:
    """Each CI system is detected by its variables, and its facts are read from them."""
    assert detect_ci(environ) == expected


@pytest.mark.parametrize("environ", [{}, {"CI": "true"}, {"GITHUB_ACTIONS": ""}, {"TRAVIS": "false"}])
def test_outside_of_known_systems(environ: dict[str, str]) -> None:
    """Without its own variable, or with an empty or false one, no CI system is detected."""
    assert detect_ci(environ) is None


def test_missing_variables_are_unknown() -> None:
    """A fact with missing or empty variables is None; URLs are complete or None."""
    assert detect_ci({"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": ""}) == CiInfo(name="github")


def test_a_jenkins_agent_does_not_hide_the_system_that_runs_inside() -> None:
    """If JENKINS_URL is set as well, the other system is chosen."""
    info = detect_ci({"JENKINS_URL": "https://jenkins/", **SYSTEMS["gitlab"][0]})
    assert info is not None
    assert info.name == "gitlab"


@given(st.sampled_from(sorted(SYSTEMS)), st.text())
def test_no_value_upsets_detection(system: str, text: str) -> None:
    """Any text in any variable, including dollar signs, is handled."""
    sign, *others = SYSTEMS[system][0]
    info = detect_ci({sign: "yes", **dict.fromkeys(others, text)})
    assert info is None or info.name
