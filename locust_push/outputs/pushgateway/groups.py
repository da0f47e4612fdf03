"""The groups on a Pushgateway: their paths, listing them, and deleting those of old runs.

Sources: the Pushgateway's README, sections "URL", "DELETE method" and "Query API".
"""

import json
import logging
import math
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from locust_push.config.urls import public_url
from locust_push.core import metrics
from locust_push.core.labels import INSTANCE, JOB, RUN_ID
from locust_push.delivery.answer import Transport
from locust_push.delivery.verdict import Retry

logger = logging.getLogger(__name__)

MAX_LISTING = 16 << 20
"""Bytes. The list of groups holds all their metrics; if a gateway holds more, its operator has to prune."""

# A slash ends a path segment, an empty segment has no value, and HTTP clients remove dot segments from a path.
_UNFIT = frozenset({"", ".", ".."})

_OUR_LABELS = (JOB, RUN_ID, INSTANCE)
_OUR_METRICS = frozenset(metric.name for metric in metrics.ALL if metric.name.startswith("locust_push_"))
"""Every process of a run pushes some of them with its first push, and no other tool does."""

_PUSH_TIMES = ("push_time_seconds", "push_failure_time_seconds")


class GatewayError(Exception):
    """A request to the Pushgateway failed; ``str()`` is one line with its error text."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group.

    Attributes:
        labels: Its grouping labels, ``job`` among them.
        last_push: Seconds since the epoch, failed pushes included; infinite if the gateway does not report it.
        ours: Whether a run has pushed it: it has exactly our grouping labels, and one of our metrics.
    """

    labels: Mapping[str, str]
    last_push: float
    ours: bool = True


def grouping_path(job: str, run_id: str, instance: str) -> str:
    """``/metrics/job/<job>/run_id/<run_id>/instance/<instance>``, with ``@base64`` where a value needs it."""
    return group_path(dict(zip(_OUR_LABELS, (job, run_id, instance), strict=True)))


def expire_groups(transport: Transport, base_url: str, job: str, older_than_s: float, now: float) -> int:
    """Delete the groups of ``job`` without a push for ``older_than_s``; return how many.

    A push that failed counts as one: the process is still running. A failure is logged once, and never raised.

    Args:
        transport: How to reach the Pushgateway.
        base_url: Its URL, with the prefix path if it has one.
        job: The label ``job`` of groups that may be deleted.
        older_than_s: Age of the last push, in seconds.
        now: Wall-clock time, seconds since the epoch.
    """
    deleted = 0
    try:
        for group in expired(list_groups(transport, base_url), job, now - older_than_s):
            delete_group(transport, base_url, group)
            deleted += 1
    except GatewayError as error:
        logger.warning("%s: could not delete groups of old runs: %s", public_url(base_url), error)
    return deleted


def list_groups(transport: Transport, base_url: str) -> list[Group]:
    """Return all groups on a Pushgateway.

    Raises:
        GatewayError: It did not give the list.
    """
    listing = _ask(transport, "GET", joined_url(base_url, "/api/v1/metrics"))
    try:
        return [_group(group) for group in json.loads(listing)["data"]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise GatewayError(f"not a Pushgateway's list of groups ({type(error).__name__})") from error


def expired(groups: Iterable[Group], job: str, before: float) -> list[Group]:
    """Return the groups of ``job`` that runs have created and that got no push since ``before``, Unix seconds.

    Other tools also push with the job ``locust``: their groups are not included.
    """
    return [group for group in groups if group.ours and group.labels["job"] == job and group.last_push < before]


def delete_group(transport: Transport, base_url: str, group: Group) -> None:
    """Delete one group.

    Raises:
        GatewayError: The Pushgateway did not.
    """
    _ask(transport, "DELETE", joined_url(base_url, group_path(group.labels)))


def _ask(transport: Transport, method: str, url: str) -> bytes:
    answer = transport.exchange(method, url, limit=MAX_LISTING)
    if isinstance(answer, Retry):
        raise GatewayError(f"{answer.reason}: {answer.detail}")
    if not answer.ok:
        raise GatewayError(f"http_{answer.status}: {answer.text}")
    if not answer.complete:
        raise GatewayError(f"the answer broke off, or is longer than {MAX_LISTING >> 20} MiB")
    return answer.body


def _group(group: dict[str, Any]) -> Group:
    labels = dict(group["labels"])
    return Group(labels, _last_push(group), labels.keys() == set(_OUR_LABELS) and not _OUR_METRICS.isdisjoint(group))


def _last_push(group: dict[str, Any]) -> float:
    """Return seconds since the epoch; infinite if the group does not report it."""
    times = [float(group[name]["metrics"][0]["value"]) for name in _PUSH_TIMES if name in group]
    return max(times, default=math.inf)


def group_path(labels: Mapping[str, str]) -> str:
    """The path of a group: ``job`` comes first, the other labels follow in any order."""
    names = ["job", *(name for name in labels if name != "job")]
    return "/metrics" + "".join(_segments(name, labels[name]) for name in names)


def _segments(name: str, value: str) -> str:
    if "/" in value or value in _UNFIT:
        return f"/{name}@base64/{urlsafe_b64encode(value.encode()).decode() or '='}"
    return f"/{name}/{quote(value, safe='')}"


def joined_url(base_url: str, path: str) -> str:
    """Return the URL of a path on a Pushgateway, whose base may have a path of its own."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path))
