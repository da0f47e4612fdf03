"""Generates the Grafana dashboards: ``scripts/generate-dashboards`` writes them, a test holds them to this code.

A file per dashboard; `promql`, `run` and `runs` build the queries, `parts` the panels; `docs/dashboards.md` describes
what they are for. Built with Grafana's own SDK, whose models are the dashboards' schema.
"""

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.grafana.generate import agents, compare, history, live

DASHBOARDS = {"live": live.build, "compare": compare.build, "history": history.build, "agents": agents.build}
"""File name without its ending -> what builds the dashboard."""


def generate() -> dict[str, str]:
    """Return the text of each file, by its name."""
    encoder = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False)
    return {f"{name}.json": encoder.encode(build().build()) + "\n" for name, build in DASHBOARDS.items()}
