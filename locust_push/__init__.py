"""Push Locust's results to Prometheus: ``import locust_push`` in a locustfile, then ``locust --push-url URL``."""

__version__ = "0.1.0"
