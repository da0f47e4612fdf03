"""Grafana: provisioning, dashboards, and the code that generates those."""
