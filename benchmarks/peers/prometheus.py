"""prometheus_client as exporters for Locust use it, with its own push to a Pushgateway."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, push_to_gateway

from benchmarks.peers import BUCKETS, status


class PrometheusClient:
    """A histogram and a counter, scraped or pushed to a Pushgateway."""

    def __init__(self, url: str = "") -> None:
        """Push to the Pushgateway at ``url``."""
        self._url = url
        self.registry = CollectorRegistry()
        labels = ("method", "name", "status")
        self._durations = Histogram(
            "locust_request_duration_seconds", "Response times.", labels, buckets=BUCKETS, registry=self.registry
        )
        self._bytes = Counter("locust_response_bytes", "Response sizes.", labels[:2], registry=self.registry)

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float,
        response_length: int,
        exception: object = None,
        **_: object,
    ) -> None:
        """Observe."""
        self._durations.labels(request_type, name, status(exception)).observe(response_time / 1000)
        self._bytes.labels(request_type, name).inc(response_length)

    def encode(self) -> object:
        """The text format."""
        return generate_latest(self.registry)

    def push(self) -> None:
        """Replace the group, all series at once."""
        push_to_gateway(self._url, "locust", self.registry)
