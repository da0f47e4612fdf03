"""The labels of our own series: their names, and the values that mean something. Constants, and what keeps them ours.

What a label of a metric means to its readers is in docs/metrics.md.
"""

import re

JOB, INSTANCE, RUN_ID = "job", "instance", "run_id"

RUN_LABELS = frozenset({JOB, INSTANCE, RUN_ID})
"""Labels of every series of a run; those of ``--push-label`` are added to them."""

METHOD, NAME, STATUS, ERROR = "method", "name", "status", "error"
SUCCESS, FAILURE = "success", "failure"
"""The values of the label ``status``."""

RUN_INFO_LABELS = (
    "locustfile",
    "host",
    "locust_version",
    "users",
    "spawn_rate",
    "run_time",
    "profile",
    "user_classes",
    "shape_class",
    "parameters",
    "git_commit",
    "git_branch",
    "git_dirty",
    "ci",
    "ci_url",
    "ci_pipeline",
    "ci_job",
    "ci_attempt",
    "pull_request",
)
"""Labels that ``locust_run_info`` may have, in their order."""

RESERVED_LABELS = RUN_LABELS.union(
    {METHOD, NAME, STATUS, ERROR, "le", "outcome", "percentile", "quantile", "state", "url", "user_class"},
    RUN_INFO_LABELS,
)
"""Labels that our own series have; a label of ``--push-label`` with such a name would hide them."""

SHARES = ("0.5", "0.9", "0.95", "0.99", "0.999")
"""Shares of requests whose response times are pushed as quantiles."""

PERCENTILES = tuple(f"{100 * float(share):g}" for share in SHARES)
"""The same as values of the label ``percentile``."""

QUANTILES = ("0", *SHARES, "1")
"""Values of the label ``quantile``: the fastest and the slowest request are among them."""

AGGREGATED = "Aggregated"
"""The name of the row that stands for all requests, as in Locust's own tables."""

OVERFLOW = "__overflow__"
"""Stands for every method, name or kind of error beyond the cap."""

RowKey = tuple[str, str]
"""Method and name."""

TOTAL: RowKey = ("", AGGREGATED)
"""The row that stands for all requests."""

_TAKEN = re.compile(f"_*(?:{AGGREGATED}|{OVERFLOW})")


def not_ours(text: str) -> str:
    """Return what a method, name or kind of error of an event is recorded as: names that mean something get a ``_``.

    So does each name that this could produce: no two names become one.
    """
    return f"_{text}" if _TAKEN.fullmatch(text) else text
