"""Whether more requests fail than before, or fewer. Pure.

Failures are counted, so that what chance does is known exactly; but runs of the same load differ by more than that
where failures come in bursts. By how many times more they scatter among baselines, there are as many times fewer
independent requests (P. McCullagh, J. A. Nelder, "Generalized Linear Models", 2nd ed., section 4.5).
"""

import math
from collections.abc import Sequence

from locust_push.results.model import ResultRow
from locust_push.results.statistics.probability import more_hits_by_chance


def failures_by_chance(row: ResultRow, before: Sequence[ResultRow], direction: int) -> float:
    """Return the probability of as many failures or more (``direction`` 1), or as few or fewer (-1), without a change.

    Args:
        row: Of the run.
        before: The same row in each baseline, at least one.
        direction: 1 or -1.
    """
    dispersion = _dispersion(before)
    hits, trials = (round(count / dispersion) for count in (row.failures, row.requests))
    hits_before, trials_before = (round(sum(counts) / dispersion) for counts in _counts(before))
    if direction < 0:
        hits, hits_before = trials - hits, trials_before - hits_before
    return more_hits_by_chance(hits, trials, hits_before, trials_before)


def _counts(rows: Sequence[ResultRow]) -> tuple[list[int], list[int]]:
    return [row.failures for row in rows], [row.requests for row in rows]


def _dispersion(rows: Sequence[ResultRow]) -> float:
    """Return how many times more failures scatter among runs than those of independent requests do; at least 1."""
    failures, requests = _counts(rows)
    share = sum(failures) / sum(requests) if sum(requests) else 0.0
    if len(rows) < 2 or not 0 < share < 1:
        return 1.0
    squares = (
        (bad - share * count) ** 2 / (count * share * (1 - share))
        for bad, count in zip(failures, requests, strict=True)
        if count
    )
    return max(1.0, math.fsum(squares) / (len(rows) - 1))
