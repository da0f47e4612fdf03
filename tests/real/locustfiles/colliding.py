"""A metric with a name that the agent uses, registered before the run, and another one registered later."""

from locust import User, constant_throughput, events, task
from prometheus_client import Counter, Gauge

import locust_push  # noqa: F401  # switches it on

Counter("locust_requests", "Mine.")


class Visitor(User):
    """Does nothing."""

    wait_time = constant_throughput(10)

    @task
    def nothing(self) -> None:
        """Nothing."""


@events.test_start.add_listener  # type: ignore[untyped-decorator]  # Locust's events carry no annotations
def register_late(**_: object) -> None:
    """Register a metric with a label that every series of the run has."""
    Gauge("shop_stock", "Stock.", ["run_id"]).labels("x").set(1)
