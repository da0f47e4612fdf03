"""The labels of ``locust_run_info``: facts about a run, readable, bounded and without secrets. Pure."""

import hashlib
import json
from collections.abc import Collection

from locust_push.config.urls import without_user_info
from locust_push.core.labels import RUN_INFO_LABELS
from locust_push.core.record import record
from locust_push.core.series import Labels
from locust_push.identity.ci import CiInfo
from locust_push.identity.git import GitInfo

_MAX_BYTES = 200
"""UTF-8 bytes of one value; Mimir refuses 2,048, and tables become unreadable long before."""


@record(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of a load test; code, time and machine are not among them.

    Attributes:
        locustfile: Name or path.
        host: Target of the test; user info is dropped.
        users: Number of users.
        spawn_rate: Users per second.
        run_time: Seconds.
        profile: Locust's ``--profile``.
        user_classes: Their names, in any order.
        shape_class: Name of the ``LoadTestShape``.
        tags: Locust's ``--tags``, in any order.
        exclude_tags: Locust's ``--exclude-tags``, in any order.
    """

    locustfile: str | None = None
    host: str | None = None
    users: int | None = None
    spawn_rate: float | None = None
    run_time: float | None = None
    profile: str | None = None
    user_classes: Collection[str] = ()
    shape_class: str | None = None
    tags: Collection[str] = ()
    exclude_tags: Collection[str] = ()

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits, the same for runs with the same parameters: only those are comparable.

        Of the locustfile only the name counts: each CI job checks it out elsewhere.
        """
        values = [*self._values.values(), _file_name(self.locustfile), sorted(self.tags), sorted(self.exclude_tags)]
        text = json.dumps([value or "" for value in values])
        return hashlib.blake2s(text.encode(), digest_size=4).hexdigest()

    @property
    def labels(self) -> dict[str, str | None]:
        """Labels of ``locust_run_info``."""
        return {**self._values, "locustfile": self.locustfile, "parameters": self.digest}

    @property
    def _values(self) -> dict[str, str | None]:
        return {
            "host": self.host and without_user_info(self.host),
            "users": _number(self.users),
            "spawn_rate": _number(self.spawn_rate),
            "run_time": None if self.run_time is None else f"{_number(self.run_time)}s",
            "profile": self.profile,
            "user_classes": ",".join(sorted(self.user_classes)),
            "shape_class": self.shape_class,
        }


def run_info_labels(
    parameters: Parameters,
    *,
    locust_version: str | None = None,
    ci: CiInfo | None = None,
    git: GitInfo | None = None,
) -> Labels:
    """Return the labels that are known, in their order; each value at most 200 bytes.

    If CI and git differ, CI takes precedence: its checkouts are often detached, so that git reports no branch.

    Args:
        parameters: The parameters.
        locust_version: Locust's version.
        ci: Facts from the CI system.
        git: Facts from git.
    """
    values = {
        **parameters.labels,
        "locust_version": locust_version,
        **_git_values(ci, git),
        **_ci_values(ci),
    }
    return tuple((name, _cut(value)) for name in RUN_INFO_LABELS if (value := values.get(name)))


def _file_name(path: str | None) -> str:
    return (path or "").replace("\\", "/").rpartition("/")[2]


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
        "ci_attempt": ci.attempt,
        "pull_request": ci.pull_request,
    }


def _number(value: float | None) -> str | None:
    """Return a number without superfluous digits: ``10`` for 10.0."""
    return None if value is None else f"{value:.15g}"


def _cut(value: str) -> str:
    """Return at most 200 bytes, never half a character; lone surrogates, which no receiver takes, become ``?``."""
    return value.encode(errors="replace")[:_MAX_BYTES].decode(errors="ignore")
