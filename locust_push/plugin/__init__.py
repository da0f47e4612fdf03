"""Where Locust's events, options and web UI meet the rest. Only this folder imports Locust."""
