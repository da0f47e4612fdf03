"""The committed dashboards and the code that generates them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.generate import DASHBOARDS, generate

FOLDER = Path(__file__).resolve().parents[2] / "monitoring" / "grafana" / "dashboards"


def test_the_files_are_what_the_code_generates() -> None:
    """None more, none less, to the byte."""
    committed = {path.name: path.read_text() for path in FOLDER.iterdir()}
    assert committed == generate(), "run scripts/generate-dashboards"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafanas_own_models_take_them(name: str) -> None:
    """Read into the SDK's models and written again, panels and variables are the same."""
    register_default_plugins()
    model = json.loads((FOLDER / f"{name}.json").read_text())
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(model)))
    assert again["panels"] == model["panels"]
    assert again["templating"] == model["templating"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap(name: str) -> None:
    """Each cell of the grid, which is 24 wide, belongs to one panel."""
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((FOLDER / f"{name}.json").read_text())["panels"]:
        place = {"x": 0, **panel["gridPos"]}
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
