"""The queries of runs among others, one series per run: when they began and ended, and what they came to.

Each takes the window in which runs are looked for, as a function such as `promql.last`.
"""

from collections.abc import Callable

from locust_push.core.labels import AGGREGATED
from monitoring.grafana.generate.promql import LOOKBACK, equals, last, last_ever, percent, selector

JOB = 'job=~"$job"'

Latest = Callable[[str], str]
"""Makes of a selector the expression of its last value."""


def of_run(run_id: str) -> str:
    """Return the matcher of one run."""
    return equals("run_id", run_id)


def by_run(latest: Latest, metric: str, *matchers: str) -> str:
    """Return the last value of a metric of which a run has one series."""
    return f"max by (run_id) ({latest(selector(metric, JOB, *matchers))})"


def start_time(latest: Latest, *matchers: str) -> str:
    """Return Unix seconds."""
    return by_run(latest, "locust_run_start_time_seconds", *matchers)


def end_time(latest: Latest, *matchers: str) -> str:
    """Return Unix seconds; of a run without an end, in progress or killed, the time of its last push."""
    last_push = by_run(latest, "locust_push_last_success_timestamp_seconds", *matchers)
    return f"({by_run(latest, 'locust_run_end_time_seconds', *matchers)} or {last_push})"


def duration(latest: Latest, *matchers: str) -> str:
    """Return seconds from start to end."""
    return f"({end_time(latest, *matchers)} - {start_time(latest, *matchers)})"


def total(metric: str, *matchers: str) -> str:
    """Return what the summary of each run that has ended says of all its requests."""
    return by_run(last, metric, equals("name", AGGREGATED), *matchers)


def total_error_percent() -> str:
    """Return failed requests in percent, of each run that has ended."""
    return percent(total("locust_run_failures"), total("locust_run_requests"))


def newest_first(*matchers: str) -> str:
    """Return the runs within `LOOKBACK`, for a list to choose from."""
    return f"sort_desc({start_time(_within_lookback, *matchers)})"


def _within_lookback(series: str) -> str:
    return last(series, LOOKBACK)


def start_difference(run: str, other: str) -> str:
    """Return by how many milliseconds one run began after another, as a scalar; 0 where either is unknown."""
    began, other_began = (f"scalar({start_time(last_ever, of_run(each))})" for each in (run, other))
    # A comparison drops NaN, which a scalar of nothing is.
    return f"scalar(round(vector(1000 * ({began} - {other_began}))) >= -Inf or vector(0))"
