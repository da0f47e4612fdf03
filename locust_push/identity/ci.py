"""Detects the CI system, and reads facts about the job from the environment. Pure; a table."""

import re
from collections.abc import Mapping
from string import Template

from locust_push.core.record import record

Templates = tuple[str, ...]
"""Texts with ``$VARIABLE``; the first one whose variables are all set, and not empty, gives the value."""


@record(frozen=True, slots=True, kw_only=True)
class CiInfo:
    """Facts about a CI job; None if unknown.

    Attributes:
        name: Short name of the system, such as ``github``.
        pipeline: ID or number of the pipeline, workflow run or build.
        job: ID or name of the job in it, where there is one.
        attempt: Number of this attempt of the pipeline or job, as the system counts.
        url: Page of the job or, if there is none, of the pipeline.
        commit: Full commit hash.
        branch: Name without ``refs/heads/``; of a pull request, its source branch.
        pull_request: Number.
    """

    name: str
    pipeline: str | None = None
    job: str | None = None
    attempt: str | None = None
    url: str | None = None
    commit: str | None = None
    branch: str | None = None
    pull_request: str | None = None

    @property
    def reference(self) -> str:
        """The text that identifies this job in a run ID; not yet reduced to its alphabet."""
        return "-".join(part for part in (self.name, self.pipeline, self.job, self.attempt) if part)

    @property
    def retries(self) -> int:
        """How often the job was started before, if the system reports it; Buildkite's first attempt has number 0."""
        first, attempt = 0 if self.name == "buildkite" else 1, self.attempt or ""
        return max(0, int(attempt) - first) if re.fullmatch("[0-9]{1,8}", attempt) else 0


@record(frozen=True, slots=True, kw_only=True)
class _System:
    """One CI system: the variable that identifies it, and those with its facts.

    The commit and branch may be missing (a TeamCity build with several roots), and many have no attempt: their retries
    get a new job ID.
    """

    name: str
    sign: str
    pipeline: Templates
    job: Templates = ()
    attempt: Templates = ()
    url: Templates = ()
    commit: Templates = ()
    branch: Templates = ()
    pull_request: Templates = ()


_SYSTEMS = (
    # GitHub Docs, "Variables reference", default environment variables.
    _System(
        name="github",
        sign="GITHUB_ACTIONS",
        pipeline=("$GITHUB_RUN_ID",),
        job=("$GITHUB_JOB",),
        attempt=("$GITHUB_RUN_ATTEMPT",),
        url=("$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID",),
        commit=("$GITHUB_SHA",),
        branch=("$GITHUB_HEAD_REF", "$GITHUB_REF_NAME"),
        pull_request=("$GITHUB_REF",),
    ),
    # GitLab Docs, "Predefined CI/CD variables reference".
    _System(
        name="gitlab",
        sign="GITLAB_CI",
        pipeline=("$CI_PIPELINE_ID",),
        job=("$CI_JOB_ID",),
        url=("$CI_JOB_URL", "$CI_PIPELINE_URL"),
        commit=("$CI_COMMIT_SHA",),
        branch=("$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "$CI_COMMIT_REF_NAME"),
        pull_request=("$CI_MERGE_REQUEST_IID",),
    ),
    # CircleCI Docs, "Project values and variables", built-in environment variables.
    _System(
        name="circleci",
        sign="CIRCLECI",
        pipeline=("$CIRCLE_PIPELINE_ID", "$CIRCLE_WORKFLOW_ID"),
        job=("$CIRCLE_BUILD_NUM",),
        url=("$CIRCLE_BUILD_URL",),
        commit=("$CIRCLE_SHA1",),
        branch=("$CIRCLE_BRANCH",),
        pull_request=("$CIRCLE_PR_NUMBER", "$CIRCLE_PULL_REQUEST"),
    ),
    # Microsoft Learn, "Use predefined variables" of Azure Pipelines (dots become underscores in the environment).
    _System(
        name="azure",
        sign="TF_BUILD",
        pipeline=("$BUILD_BUILDID",),
        job=("$SYSTEM_JOBID",),
        attempt=("$SYSTEM_JOBATTEMPT",),
        url=("$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECT/_build/results?buildId=$BUILD_BUILDID",),
        commit=("$BUILD_SOURCEVERSION",),
        branch=("$SYSTEM_PULLREQUEST_SOURCEBRANCH", "$BUILD_SOURCEBRANCH"),
        pull_request=("$SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "$SYSTEM_PULLREQUEST_PULLREQUESTID"),
    ),
    # Buildkite Docs, "Environment variables"; the first try has retry count 0.
    _System(
        name="buildkite",
        sign="BUILDKITE",
        pipeline=("$BUILDKITE_PIPELINE_SLUG-$BUILDKITE_BUILD_NUMBER", "$BUILDKITE_BUILD_NUMBER"),
        job=("$BUILDKITE_JOB_ID",),
        attempt=("$BUILDKITE_RETRY_COUNT",),
        url=("$BUILDKITE_BUILD_URL#$BUILDKITE_JOB_ID", "$BUILDKITE_BUILD_URL"),
        commit=("$BUILDKITE_COMMIT",),
        branch=("$BUILDKITE_BRANCH",),
        pull_request=("$BUILDKITE_PULL_REQUEST",),
    ),
    # Bitbucket Cloud support, "Variables and secrets", default variables; there is no variable for the system itself.
    _System(
        name="bitbucket",
        sign="BITBUCKET_BUILD_NUMBER",
        pipeline=("$BITBUCKET_BUILD_NUMBER",),
        job=("$BITBUCKET_STEP_UUID",),
        attempt=("$BITBUCKET_STEP_RUN_NUMBER",),
        url=("https://bitbucket.org/$BITBUCKET_REPO_FULL_NAME/pipelines/results/$BITBUCKET_BUILD_NUMBER",),
        commit=("$BITBUCKET_COMMIT",),
        branch=("$BITBUCKET_BRANCH",),
        pull_request=("$BITBUCKET_PR_ID",),
    ),
    # TeamCity documentation, "List of predefined build parameters"; branches are not in the environment.
    _System(
        name="teamcity",
        sign="TEAMCITY_VERSION",
        pipeline=("$TEAMCITY_BUILDCONF_NAME-$BUILD_NUMBER", "$BUILD_NUMBER"),
        url=("$BUILD_URL",),
        commit=("$BUILD_VCS_NUMBER",),
    ),
    # Travis CI documentation, "Environment variables", default environment variables.
    _System(
        name="travis",
        sign="TRAVIS",
        pipeline=("$TRAVIS_BUILD_NUMBER", "$TRAVIS_BUILD_ID"),
        job=("$TRAVIS_JOB_NUMBER", "$TRAVIS_JOB_ID"),
        url=("$TRAVIS_JOB_WEB_URL", "$TRAVIS_BUILD_WEB_URL"),
        commit=("$TRAVIS_COMMIT",),
        branch=("$TRAVIS_PULL_REQUEST_BRANCH", "$TRAVIS_BRANCH"),
        pull_request=("$TRAVIS_PULL_REQUEST",),
    ),
    # AWS CodeBuild User Guide, "Environment variables in build environments"; the build ID is <project>:<UUID>.
    _System(
        name="codebuild",
        sign="CODEBUILD_BUILD_ID",
        pipeline=("$CODEBUILD_BUILD_ID",),
        url=("$CODEBUILD_BUILD_URL",),
        commit=("$CODEBUILD_RESOLVED_SOURCE_VERSION",),
        branch=("$CODEBUILD_WEBHOOK_HEAD_REF",),
        pull_request=("$CODEBUILD_WEBHOOK_TRIGGER", "$CODEBUILD_SOURCE_VERSION"),
    ),
    # Jenkins Handbook, "Using environment variables"; CHANGE_… from multibranch pipelines. Last, since its agents may
    # run inside the others, and since JENKINS_URL stays set in shells started by an agent.
    _System(
        name="jenkins",
        sign="JENKINS_URL",
        pipeline=("$JOB_NAME-$BUILD_NUMBER", "$BUILD_NUMBER"),
        url=("$BUILD_URL",),
        commit=("$GIT_COMMIT",),
        branch=("$CHANGE_BRANCH", "$BRANCH_NAME", "$GIT_BRANCH"),
        pull_request=("$CHANGE_ID",),
    ),
)

_HASH = r"[0-9a-fA-F]{7,64}"
_PULL_REQUEST = r"(?:^|.*/)(?:pull|pulls|pull-requests|pr)/(\d+)(?:/.*)?|(\d+)"
"""A number alone, or inside ``refs/pull/7/merge``, ``pr/7`` or the URL of a pull request."""


def detect_ci(environ: Mapping[str, str]) -> CiInfo | None:
    """Return the facts about the CI job; None outside of the systems in the table."""
    system = next((system for system in _SYSTEMS if _set(environ.get(system.sign))), None)
    if system is None:
        return None
    return CiInfo(
        name=system.name,
        pipeline=_first(environ, system.pipeline),
        job=_first(environ, system.job),
        attempt=_first(environ, system.attempt),
        url=_first(environ, system.url),
        commit=_commit(_first(environ, system.commit)),
        branch=_branch(_first(environ, system.branch)),
        pull_request=_pull_request(environ, system.pull_request),
    )


def _set(value: str | None) -> bool:
    return bool(value) and value not in {"false", "False", "0"}


def _first(environ: Mapping[str, str], templates: Templates) -> str | None:
    filled = (_filled(environ, template) for template in templates)
    return next((text for text in filled if text), None)


def _filled(environ: Mapping[str, str], template: str) -> str | None:
    known = {name: value for name, value in environ.items() if value}
    try:
        return Template(template).substitute(known).strip()
    except KeyError:
        return None


def _commit(text: str | None) -> str | None:
    """Return a hash; Buildkite may say ``HEAD``, and CodeBuild gives a version of any type of source."""
    return text if text and re.fullmatch(_HASH, text) else None


def _branch(reference: str | None) -> str | None:
    """Strip the prefixes of Azure and CodeBuild (``refs/heads/``) and of Jenkins (``origin/``)."""
    return reference.removeprefix("refs/heads/").removeprefix("origin/") if reference else None


def _pull_request(environ: Mapping[str, str], templates: Templates) -> str | None:
    """Return the first number found; Travis and Buildkite say ``false`` outside of a pull request."""
    texts = (_filled(environ, template) for template in templates)
    matches = (re.fullmatch(_PULL_REQUEST, text) for text in texts if text)
    return next((match[1] or match[2] for match in matches if match), None)
