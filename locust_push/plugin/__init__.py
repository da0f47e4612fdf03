"""The connection to Locust's events, options and web UI. Only this folder imports Locust."""
