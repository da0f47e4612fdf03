"""PromQL that knows nothing of load tests: selectors, windows, shares. Strings in, strings out."""

SHOWN = "$__range"
"""Window: the time range of the dashboard."""

LOOKBACK = "$lookback"
"""Window: how far back runs are looked for; a variable of the dashboards."""


def selector(metric: str, *matchers: str) -> str:
    """Return ``metric{matcher,…}``."""
    return f"{metric}{{{','.join(matchers)}}}"


def equals(label: str, value: str) -> str:
    """Return a matcher."""
    return f'{label}="{value}"'


def last(series: str, window: str = SHOWN, shift: str = "") -> str:
    """Return the last value within the window, moved by an offset: a series that has ended is found as well."""
    return f"last_over_time({series}[{window}]{shift})"


def last_ever(series: str) -> str:
    """Return the last value of series that may end before or after the dashboard's time range, or within it.

    What comes after the end of the range is asked for first. Both windows are as long as `LOOKBACK`.
    """
    return f"({last(series, LOOKBACK, f' offset -{LOOKBACK}')} or {last(series, LOOKBACK)})"


def percent(part: str, whole: str) -> str:
    """Return a share as 0 to 100; 0 where ``part`` lacks a series of ``whole``, as of a request without failures."""
    return f"100 * (({part}) or 0 * ({whole})) / ({whole})"


def labelled(series: str, label: str, value: str) -> str:
    """Return series with a label given to those that lack it."""
    return f'label_replace({series}, "{label}", "{value}", "{label}", "")'
