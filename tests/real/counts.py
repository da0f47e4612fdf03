"""The totals of a run in a store, to compare with those of the target."""

from __future__ import annotations

from dataclasses import dataclass

from tests.servers.query import QueryableServer
from tests.servers.target import Target


@dataclass(frozen=True)
class Counts:
    """Totals of a run."""

    requests: float
    failures: float
    durations: float

    @classmethod
    def served(cls, target: Target) -> Counts:
        """Read the counts of ``target``."""
        return cls(target.total(), target.failures(), target.total())

    @classmethod
    def stored(cls, server: QueryableServer, run_id: str, window: str = "10m") -> Counts:
        """Read the totals of a run from ``server``."""

        def total(metric: str, matcher: str = "") -> float:
            return server.value(f'sum(last_over_time({metric}{{run_id="{run_id}"{matcher}}}[{window}]))') or 0.0

        return cls(
            requests=total("locust_requests_total"),
            failures=total("locust_requests_total", ',status="failure"'),
            durations=total("locust_request_duration_seconds_count"),
        )
