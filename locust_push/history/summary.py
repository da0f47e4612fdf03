"""What a run is and what came of it. Only data types: every source makes them, every report is made from them."""

from collections.abc import Mapping
from dataclasses import dataclass

QUANTILES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
"""Response times that a row has, and the share of requests that were no slower."""

AGGREGATED = "Aggregated"
"""Name of the row that stands for all requests, as Locust calls it."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run without its results.

    Attributes:
        run_id: The label ``run_id``.
        info: Labels of ``locust_run_info``; empty where nobody recorded them.
        start_time: Unix seconds; None where nothing tells.
        end_time: Unix seconds; None for a run that is going on or broke off.
    """

    run_id: str
    info: Mapping[str, str]
    start_time: float | None
    end_time: float | None

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; None where either is not known, or where they contradict each other."""
        if self.start_time is None or self.end_time is None or self.end_time <= self.start_time:
            return None
        return self.end_time - self.start_time


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one (method, name), or of all.

    Attributes:
        method: Empty for the aggregate.
        name: As given to Locust.
        requests: Requests made, failed ones included.
        failures: Failed requests.
        requests_per_second: Mean over the run; 0 where its length is not known.
        response_times: Seconds by the keys of :data:`QUANTILES`; empty where no request had a duration.
    """

    method: str
    name: str
    requests: int
    failures: int
    requests_per_second: float
    response_times: Mapping[str, float]

    @property
    def failure_percent(self) -> float:
        """Failed requests in percent of all; 0 where there were none."""
        return 100 * self.failures / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The results of a run.

    Attributes:
        run: Which one, and what is known of it.
        rows: One for each (method, name), ordered by name, then method.
        aggregated: All requests together.
    """

    run: Run
    rows: tuple[Row, ...]
    aggregated: Row
