"""The exposition formats of Prometheus: text, protobuf, and OpenMetrics. Pure."""
