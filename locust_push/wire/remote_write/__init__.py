"""Prometheus remote-write, versions 1.0 and 2.0: encoding snapshots, and rewriting encoded requests. Pure."""
