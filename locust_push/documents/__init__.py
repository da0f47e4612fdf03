"""Presentation of runs: tables, pages, Markdown, JUnit XML, JSON, and links to Grafana. Pure."""
