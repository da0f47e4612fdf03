"""The labels of ``locust_run_info``: what is known of a run, readable, bounded and without secrets. Pure."""

from locust_push.core.series import Labels
from locust_push.run.ci import CiInfo
from locust_push.run.git import GitInfo
from locust_push.urls import without_user_info

RUN_INFO_LABELS = (
    "locustfile",
    "host",
    "locust_version",
    "users",
    "spawn_rate",
    "run_time",
    "profile",
    "git_commit",
    "git_branch",
    "git_dirty",
    "ci",
    "ci_url",
    "ci_pipeline",
    "ci_job",
    "pull_request",
)
"""All labels that may occur, in their order."""

_MAX_BYTES = 200
"""UTF-8 bytes of one value; Mimir refuses 2,048, and tables grow unreadable long before."""


def run_info_labels(
    *,
    locustfile: str | None = None,
    host: str | None = None,
    locust_version: str | None = None,
    users: int | None = None,
    spawn_rate: float | None = None,
    run_time: float | None = None,
    profile: str | None = None,
    ci: CiInfo | None = None,
    git: GitInfo | None = None,
) -> Labels:
    """Return the labels that are known, in the order of :data:`RUN_INFO_LABELS`; each value at most 200 bytes.

    Where CI and git differ, CI is right: its checkouts are often detached, so that git knows no branch.

    Args:
        locustfile: Name or path.
        host: Target of the test; user info is dropped.
        locust_version: As Locust states it.
        users: How many were asked for.
        spawn_rate: Users a second.
        run_time: Seconds.
        profile: Locust's ``--profile``.
        ci: What the CI system says.
        git: What git says.
    """
    values = {
        "locustfile": locustfile,
        "host": host and without_user_info(host),
        "locust_version": locust_version,
        "users": _number(users),
        "spawn_rate": _number(spawn_rate),
        "run_time": None if run_time is None else f"{_number(run_time)}s",
        "profile": profile,
        **_git_values(ci, git),
        **_ci_values(ci),
    }
    return tuple((name, _cut(value)) for name in RUN_INFO_LABELS if (value := values.get(name)))


def _git_values(ci: CiInfo | None, git: GitInfo | None) -> dict[str, str | None]:
    return {
        "git_commit": (ci.commit if ci else None) or (git.commit if git else None),
        "git_branch": (ci.branch if ci else None) or (git.branch if git else None),
        "git_dirty": "true" if git and git.dirty else None,
    }


def _ci_values(ci: CiInfo | None) -> dict[str, str | None]:
    if ci is None:
        return {}
    return {
        "ci": ci.name,
        "ci_url": ci.url and without_user_info(ci.url),
        "ci_pipeline": ci.pipeline,
        "ci_job": ci.job,
        "pull_request": ci.pull_request,
    }


def _number(value: float | None) -> str | None:
    """Return a number as people write it: ``10`` for 10.0."""
    return None if value is None else f"{value:.15g}"


def _cut(value: str) -> str:
    """Return at most 200 bytes, never half a character; lone surrogates, which no receiver takes, become ``?``."""
    return value.encode(errors="replace")[:_MAX_BYTES].decode(errors="ignore")
