"""The committed dashboards match the code that generates them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.generate import DASHBOARDS, generate

FOLDER = Path(__file__).resolve().parents[2] / "monitoring" / "grafana" / "dashboards"


def test_the_files_are_what_the_code_generates() -> None:
    """The files are exactly the generated ones."""
    committed = {path.name: path.read_text() for path in FOLDER.iterdir()}
    assert committed == generate(), "run scripts/generate-dashboards"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafanas_own_models_take_them(name: str) -> None:
    """Reading them into the SDK's models and writing them changes no panel and no variable."""
    register_default_plugins()
    model = json.loads((FOLDER / f"{name}.json").read_text())
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(model)))
    assert again["panels"] == model["panels"]
    assert again["templating"] == model["templating"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap(name: str) -> None:
    """Each cell of the grid of 24 columns belongs to at most one panel."""
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((FOLDER / f"{name}.json").read_text())["panels"]:
        place = {"x": 0, **panel["gridPos"]}
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def panels(name: str) -> list[dict[str, Any]]:
    """Return the panels of a dashboard, without row headings."""
    model = json.loads((FOLDER / f"{name}.json").read_text())
    return [panel for panel in model["panels"] if panel["type"] != "row"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_each_panel_is_described(name: str) -> None:
    """Each panel has a description, which Grafana shows beside the title."""
    for panel in panels(name):
        assert panel.get("description", "").endswith("."), panel["title"]


def test_the_history_shows_like_runs() -> None:
    """Each query of the history selects the chosen locustfile, branch and parameters."""
    variables = {one["name"] for one in json.loads((FOLDER / "history.json").read_text())["templating"]["list"]}
    assert {"locustfile", "git_branch", "parameters"} <= variables
    queries = [target["expr"] for panel in panels("history") for target in panel["targets"]]
    chosen = '{job=~"$job",locustfile=~"$locustfile",git_branch=~"$git_branch",parameters=~"$parameters"}[$__range])'
    assert all(query.endswith(f"and on (run_id) last_over_time(locust_run_info{chosen}") for query in queries)


@pytest.mark.parametrize("name", ["live", "compare", "history"])
def test_tables_of_runs_show_the_verdict(name: str) -> None:
    """The verdict is shown as text, from the metric of the run."""
    table = next(panel for panel in panels(name) if panel["type"] == "table" and not panel["title"])
    assert [one["expr"] for one in table["targets"] if "locust_run_gate_met" in one["expr"]]
    (gate,) = [one for one in table["fieldConfig"]["overrides"] if one["matcher"]["options"] == "Gate"]
    mappings = next(one["value"] for one in gate["properties"] if one["id"] == "mappings")
    assert {key: shown["text"] for key, shown in mappings[0]["options"].items()} == {"0": "not met", "1": "met"}
