"""Grafana's variables: queries for their values, and their interpolation into queries.

After @grafana/prometheus: metric_find_query, and interpolateQueryExpr of the data source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from tests.servers.query import QueryableServer

ALL = "$__all"

_REFERENCE = re.compile(r"\$(\w+)|\$\{(\w+)\}")


@dataclass(frozen=True)
class TimeRange:
    """The time range of a dashboard in Unix seconds, and the seconds between points."""

    start: float
    end: float
    step: float = 1.0

    @property
    def macros(self) -> dict[str, str]:
        """Grafana's built-in variables, for a data source with a sample every second."""
        seconds = ceil(self.end - self.start)
        return {
            "__range": f"{seconds}s",
            "__rate_interval": f"{ceil(max(self.step + 1, 4))}s",
            "__interval": f"{ceil(self.step)}s",
        }


class Variables:
    """The variables of one dashboard, resolved in order, as Grafana does when it opens it.

    Attributes:
        options: What can be chosen, by variable.
        values: What goes into queries in their place.
    """

    def __init__(
        self,
        definitions: Sequence[Mapping[str, Any]],
        server: QueryableServer,
        shown: TimeRange,
        chosen: Mapping[str, str],
    ) -> None:
        """Resolve the variables. ``chosen`` has the values of the dashboard's address; others get a default."""
        self._server = server
        self._shown = shown
        self.options: dict[str, list[str]] = {}
        self.values = shown.macros
        for definition in definitions:
            name = definition["name"]
            self.options[name] = self._options(definition)
            self.values[name] = self._value(definition, chosen.get(name))

    def resolve(self, query: str) -> str:
        """Return a query with its variables replaced; other dollar signs, such as ``$1``, stay."""
        return _REFERENCE.sub(lambda match: self.values.get(match[1] or match[2], match[0]), query)

    def _options(self, definition: Mapping[str, Any]) -> list[str]:
        if definition["type"] == "datasource":
            return ["prometheus"]
        if definition["type"] == "custom":
            return str(definition["query"]).split(",")
        assert definition["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        found = self._find(self.resolve(definition["query"]["query"]))
        return _matched(found, definition.get("regex", ""))

    def _find(self, query: str) -> list[str]:
        if labels := re.fullmatch(r"label_values\((.+),\s*(\w+)\)", query):
            parameters = {"start": int(self._shown.start), "end": ceil(self._shown.end), "match[]": labels[1]}
            return list(self._server.api(f"label/{labels[2]}/values", **parameters))
        result = re.fullmatch(r"query_result\((.+)\)", query)
        assert result, f"a variable's query that Grafana does not know: {query}"
        data = self._server.api("query", query=result[1], time=ceil(self._shown.end))
        if data["resultType"] == "scalar":
            return [data["result"][1]]
        return [_as_text(series) for series in data["result"]]

    def _value(self, definition: Mapping[str, Any], chosen: str | None) -> str:
        options = self.options[definition["name"]]
        value = chosen or definition.get("current", {}).get("value") or next(iter(options), "")
        if value == ALL:
            return definition.get("allValue") or _one_of(options)
        several = definition.get("multi") or definition.get("includeAll")
        return _escaped(value) if several else value


def _as_text(series: Mapping[str, Any]) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in series["metric"].items())
    moment, value = series["value"]
    return f"{{{labels}}} {value} {1000 * moment}"


def _matched(found: list[str], regex: str) -> list[str]:
    """Return the captures of the variable's regular expression, without repetitions."""
    if not regex:
        return found
    matches = (re.search(regex.strip("/"), text) for text in found)
    return list(dict.fromkeys(match[1] for match in matches if match))


def _one_of(options: Sequence[str]) -> str:
    return f"({'|'.join(map(_escaped, options))})" if len(options) > 1 else "".join(map(_escaped, options))


def _escaped(value: str) -> str:
    """Return a value as a regular expression within a PromQL string, hence with double backslashes."""
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value.replace("\\", "\\\\\\\\"))
