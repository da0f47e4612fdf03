"""Business metrics of every type, whose values are logged to compare them with the store."""

import logging
import os

from locust import User, constant_throughput, events, task
from prometheus_client import REGISTRY, Enum, Info, Summary
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

import locust_push

BUSY = 40
"""Orders of a process that make it worth ending."""

LOGINS = locust_push.counter("shop_logins", "Logins by user type.", ["user_type"])
ORDERS = locust_push.histogram("shop_order_seconds", "Time that an order takes, by its type.", ["order_type"])
CART = Summary("shop_cart_items", "Items in a cart when it is ordered.")
STOCK = locust_push.gauge("shop_stock", "Items in stock.")
Info("shop_build", "The shop under test.").info({"shop_version": "1.2"})
PHASE = Enum("shop_phase", "What the shop is doing.", states=["open", "closed"])

# Counted before the run, as by a fixture of the test: not of the run.
LOGINS.labels("standard").inc(1000)


class Revenue:
    """A custom collector of the locustfile."""

    euros = 0

    def collect(self) -> list[CounterMetricFamily | GaugeMetricFamily]:
        """A counter and a gauge."""
        return [
            CounterMetricFamily("shop_revenue_euros", "Revenue.", value=self.euros),
            GaugeMetricFamily("shop_shelves", "Shelves.", value=7),
        ]


class Broken:
    """A collector that fails whenever it is called in a run."""

    asked = 0

    def collect(self) -> list[GaugeMetricFamily]:
        """Succeed once, when it is registered."""
        self.asked += 1
        if self.asked > 1:
            raise RuntimeError("the till is stuck")
        return []


REVENUE = Revenue()
REGISTRY.register(Broken())
REGISTRY.register(REVENUE)


class Customer(User):
    """Logs in and orders."""

    wait_time = constant_throughput(25)
    orders = 0

    @task
    def order(self) -> None:
        """Count everything once; every fourth customer is a premium one."""
        Customer.orders += 1
        premium = Customer.orders % 4 == 0
        LOGINS.labels("premium" if premium else "standard").inc(exemplar={"trace_id": f"{os.getpid()}-{self.orders}"})
        ORDERS.labels("express" if premium else "normal").observe(0.04 if premium else 0.4, {"trace_id": "slow"})
        CART.observe(2)
        STOCK.set(100 - Customer.orders)
        REVENUE.euros += 10
        if Customer.orders == BUSY:
            logging.info("counts well")  # noqa: LOG015  # the log of Locust


@events.test_stop.add_listener  # type: ignore[untyped-decorator]  # Locust's events carry no annotations
def tell(**_: object) -> None:
    """Log the counts."""
    logging.info("ordered: %d", Customer.orders)  # noqa: LOG015  # the log of Locust
    Customer.orders = 0
