"""A dashboard as Grafana shows it, without Grafana: its JSON, with every query answered by a real Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.dashboards import tables
from tests.dashboards.variables import TimeRange, Variables
from tests.servers.query import Points, QueryableServer

FOLDER = Path(__file__).resolve().parents[2] / "monitoring" / "grafana" / "dashboards"

_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Answered:
    """A query of a panel and its series; an instant query's have one point."""

    query: Mapping[str, Any]
    series: Sequence[Points]

    @property
    def legend_labels(self) -> list[str]:
        """Return the labels in the panel's legend format."""
        return _LABEL.findall(self.query.get("legendFormat", ""))

    def legend(self, labels: Mapping[str, str]) -> str:
        """Return the legend of a series as Grafana writes it."""
        return _LABEL.sub(lambda match: labels.get(match[1], ""), self.query.get("legendFormat", ""))


@dataclass(frozen=True)
class Event:
    """An annotation: Unix seconds and its text."""

    time: float
    text: str


def read(name: str) -> dict[str, Any]:
    """Return the model of a dashboard, as it is in its file."""
    model: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return model


class Dashboard:
    """One dashboard, opened with a time range and the variables of its address."""

    def __init__(self, name: str, server: QueryableServer, shown: TimeRange, /, **chosen: str) -> None:
        """Read the file and resolve the variables."""
        self.model = read(name)
        self.shown = shown
        self._server = server
        self.variables = Variables(self.model["templating"]["list"], server, shown, chosen)

    @property
    def panels(self) -> list[dict[str, Any]]:
        """Return all panels except row headings."""
        return [panel for panel in self.model["panels"] if panel["type"] != "row"]

    def counts(self) -> str:
        """Return the number of panels and queries."""
        queries = sum(len(panel["targets"]) for panel in self.panels)
        annotations = len(self.model.get("annotations", {}).get("list", ()))
        variables = sum(definition["type"] == "query" for definition in self.model["templating"]["list"])
        return f"{len(self.panels)} panels, {queries} queries, {annotations} annotations, {variables} variables"

    def panel(self, title: str, kind: str = "timeseries") -> dict[str, Any]:
        """Return the panel of that title and type."""
        (panel,) = [panel for panel in self.panels if (panel["title"], panel["type"]) == (title, kind)]
        return panel

    def answers(self, panel: Mapping[str, Any]) -> list[Answered]:
        """Return the answers to a panel's queries."""
        return [Answered(target, self._ask(target)) for target in panel["targets"]]

    def lines(self, title: str) -> dict[str, Points]:
        """Return the series of a panel by their legends."""
        answers = self.answers(self.panel(title))
        return {answer.legend(series.labels): series for answer in answers for series in answer.series}

    def value(self, title: str) -> float:
        """Return the value of a panel with a single number."""
        (answer,) = self.answers(self.panel(title, "stat"))
        (series,) = answer.series
        return series.values[-1][1]

    def rows(self, panel: Mapping[str, Any]) -> list[tables.Row]:
        """Return the rows of a table, or of a chart made from one."""
        frames = []
        for target in panel["targets"]:
            samples = self._server.query(self.variables.resolve(target["expr"]), self.shown.end)
            frames.append(tables.frame(target["refId"], samples, len(panel["targets"])))
        merge, organize, *_ = panel["transformations"]
        assert (merge["id"], organize["id"]) == ("merge", "organize")
        return tables.organize(tables.merge(frames), organize["options"])

    def events(self) -> Iterator[Event]:
        """Return the annotations, once each, at the times of their values."""
        for annotation in self.model.get("annotations", {}).get("list", ()):
            assert annotation["useValueForTime"]
            query = self.variables.resolve(annotation["expr"])
            found = self._server.query_range(query, self.shown.start, self.shown.end, self.shown.step)
            for time in {value for series in found for _, value in series.values}:
                yield Event(time / 1000, annotation["titleFormat"])

    def _ask(self, target: Mapping[str, Any]) -> list[Points]:
        query = self.variables.resolve(target["expr"])
        if target.get("instant"):
            found = self._server.query(query, self.shown.end)
            return [Points(sample.labels, [(sample.time, sample.value)]) for sample in found]
        return self._server.query_range(query, self.shown.start, self.shown.end, self.shown.step)
