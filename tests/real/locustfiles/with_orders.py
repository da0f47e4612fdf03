"""The steady load, with a gauge whose name others may use as well."""

from prometheus_client import Gauge

from tests.real.locustfiles.steady import Visitor  # noqa: F401  # Locust looks for it here

Gauge("shop_orders", "Orders that are open.").set(7)
