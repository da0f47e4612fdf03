"""A Prometheus Pushgateway. Imports nothing."""
