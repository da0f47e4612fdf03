"""Prometheus remote-write. Imports nothing."""
