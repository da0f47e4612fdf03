"""Configuration of the servers around locust-push; the only code is what generates the dashboards."""
