"""The public API as a locustfile uses it: read by mypy, never run. A break of its types fails ``scripts/check``."""

from locust import events
from prometheus_client import Counter, Gauge, Histogram

import locust_push

version: str = locust_push.__version__

locust_push.register()
locust_push.register(events=events)

logins: Counter = locust_push.counter("logins", "Logins by user type", ["user_type"])
logins.labels("premium").inc()
logins.labels(user_type="premium").inc(2, exemplar={"trace_id": "a"})

stock: Gauge = locust_push.gauge("stock", "Items in stock")
stock.set(3.5)

orders = locust_push.histogram("order_seconds", "Time that an order takes", ("order_type",))
express: Histogram = orders.labels(order_type="express")
express.observe(0.5)
with orders.labels("normal").time():
    pass

sizes = locust_push.histogram("order_items", "Items in an order", buckets=[1, 2, 5, 10])
sizes.observe(3, {"trace_id": "a"})


@locust_push.histogram("checkout_seconds", "Time of a checkout").time()
def checkout(order: int) -> int:
    """Keep its signature when it is timed."""
    return order


number: int = checkout(1)
