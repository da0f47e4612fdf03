"""The labels of our own series: their names, their reserved values, and the function that keeps those reserved.

docs/metrics.md describes each label.
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

MISSING = "missing"
"""Locust's state of a worker that has sent nothing for some seconds."""

SHARES = ("0.5", "0.9", "0.95", "0.99", "0.999")
"""Shares of requests whose response times are pushed as quantiles."""

PERCENTILES = tuple(f"{100 * float(share):g}" for share in SHARES)
"""The same as values of the label ``percentile``."""

QUANTILES = ("0", "0.05", "0.25", "0.75", *SHARES, "1")
"""Values of the label ``quantile``: the fastest and the slowest request, and what it takes beside :data:`SHARES` to see
that a whole distribution has moved by a percent; docs/comparing.md has the measurements."""

AGGREGATED = "Aggregated"
"""The name of the row that stands for all requests, as in Locust's own tables."""

OVERFLOW = "__overflow__"
"""Replaces every method, name or kind of error beyond the limit."""

RowKey = tuple[str, str]
"""Method and name."""

TOTAL: RowKey = ("", AGGREGATED)
"""The row that stands for all requests."""

_RESERVED = AGGREGATED, OVERFLOW
_TAKEN = f"_*(?:{AGGREGATED}|{OVERFLOW})"


def not_ours(text: str) -> str:
    """Return a method, name or kind of error as it is recorded: reserved values get a ``_`` in front.

    So does each value that this could produce, so that different values stay different.
    """
    return f"_{text}" if text.endswith(_RESERVED) and re.fullmatch(_TAKEN, text) else text
