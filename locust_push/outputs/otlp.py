"""OTLP, which is not supported: its URLs are recognized, so that the error can name the URL to use instead. Pure.

Sources: the "OTLP Exporter Configuration" of the OpenTelemetry specification (ports 4317 and 4318, path
``/v1/metrics``); the documentation of Prometheus (``/api/v1/otlp/v1/metrics``), of Mimir (``/otlp/v1/metrics``) and of
VictoriaMetrics (``/opentelemetry/v1/metrics``, once ``/opentelemetry/api/v1/push``).
"""

from urllib.parse import SplitResult

from locust_push.config.targets import refuse_url

_PORTS = frozenset({4317, 4318})
_ENDS = ("/v1/metrics", "/otlp", "/opentelemetry", "/opentelemetry/api/v1/push")


def refuse_otlp(option: str, text: str, parts: SplitResult) -> None:
    """Refuse a URL that looks like that of an OTLP receiver.

    Raises:
        ConfigurationError: It does.
    """
    if parts.port in _PORTS or parts.path.rstrip("/").endswith(_ENDS):
        refuse_url(
            option,
            text,
            "looks like an OTLP URL, and OTLP is not supported",
            "use the remote-write URL of the same server (Prometheus: /api/v1/write; Mimir: /api/v1/push), or set "
            "another protocol with --push-protocol",
        )
