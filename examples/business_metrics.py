"""Business metrics beside the requests: logins by user type, and how long orders take by order type.

locust -f examples/business_metrics.py --headless --users 10 --run-time 1m --host https://shop.test --push-url file:runs

In Prometheus, over all workers:

    sum by (user_type) (rate(shop_logins_total{run_id="R"}[1m]))
    histogram_quantile(0.95, sum by (order_type, le) (rate(shop_order_seconds_bucket{run_id="R"}[1m])))
"""

import random

from locust import FastHttpUser, between, task

import locust_push

LOGINS = locust_push.counter("shop_logins", "Logins by user type.", ["user_type"])
ORDERS = locust_push.histogram("shop_order_seconds", "Time that an order takes, by order type.", ["order_type"])


class Customer(FastHttpUser):
    wait_time = between(1, 2)

    def on_start(self) -> None:
        user_type = random.choice(["standard", "premium"])  # noqa: S311  # whom to be is no secret
        self.client.post("/login", json={"user_type": user_type}, name=f"/login ({user_type})")
        LOGINS.labels(user_type).inc()

    @task
    def order(self) -> None:
        # One order is several requests, so that no response time of a request covers it.
        with ORDERS.labels("express").time():
            self.client.post("/cart", json={"item": 7})
            self.client.post("/checkout", json={"shipping": "express"})
