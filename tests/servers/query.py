"""The query API of Prometheus, which VictoriaMetrics implements as well."""

from __future__ import annotations

import json
import time as clock
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.servers import web
from tests.servers.base import Server, ServerError
from tests.servers.checked import CheckedWrites


@dataclass(frozen=True)
class Sample:
    """One series of an instant query's answer. `histogram` is there, and `value` NaN, for a native histogram."""

    labels: Mapping[str, str]
    value: float
    time: float
    histogram: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The metric's name, empty where the query has removed it."""
        return self.labels.get("__name__", "")


@dataclass(frozen=True)
class Points:
    """One series of a range query's answer: (Unix time, value), oldest first."""

    labels: Mapping[str, str]
    values: Sequence[tuple[float, float]]


class QueryableServer(Server):
    """A server that receives remote-write and answers PromQL."""

    write_path = "/api/v1/write"

    _checked: CheckedWrites | None = None

    @property
    def write_url(self) -> str:
        """Where remote-write requests go, through a check of each."""
        self._checked = self._checked or CheckedWrites(lambda: self.url)
        return self._checked.url + self.write_path

    @property
    def own_write_url(self) -> str:
        """The same without the check, for tests in which the server is away for a while."""
        return self.url + self.write_path

    def stop(self) -> None:
        """Let it end, and the check before it."""
        super().stop()
        if self._checked:
            self._checked.close()
            self._checked = None

    def api(self, path: str, **parameters: object) -> Any:
        """Return the `data` of a GET below /api/v1; a list among `parameters` is repeated, None is left out."""
        given = {key: value for key, value in parameters.items() if value is not None}
        query = urllib.parse.urlencode(given, doseq=True)
        answer = web.request("GET", f"{self.url}/api/v1/{path}?{query}")
        if answer.status != 200:
            message = f"{self.name} answered {answer.status} to {path}?{query}: {answer.text[:1000]}"
            raise ServerError(message)
        return json.loads(answer.text)["data"]

    def query(self, promql: str, time: float | None = None) -> list[Sample]:
        """Answer an instant query, at a Unix time or now."""
        # Left to itself VictoriaMetrics takes the last full second as now, and doesn't see what came after.
        data = self.api("query", query=promql, time=clock.time() if time is None else time)
        if data["resultType"] == "scalar":
            moment, value = data["result"]
            return [Sample({}, float(value), float(moment))]
        return [_sample(series) for series in data["result"]]

    def value(self, promql: str, time: float | None = None) -> float | None:
        """Answer an instant query with a single number; None without one."""
        samples = self.query(promql, time)
        if len(samples) > 1:
            message = f"{promql} gives {len(samples)} series, not one: {samples[:3]}"
            raise ServerError(message)
        return samples[0].value if samples else None

    def query_range(self, promql: str, start: float, end: float, step: float = 1.0) -> list[Points]:
        """Answer a range query; times and step in seconds."""
        data = self.api("query_range", query=promql, start=start, end=end, step=step)
        return [
            Points(series["metric"], [(float(moment), float(value)) for moment, value in series.get("values", ())])
            for series in data["result"]
        ]

    def series(self, *matchers: str, start: float | None = None, end: float | None = None) -> list[dict[str, str]]:
        """Return the labels of every series that one of the `matchers` selects."""
        found: list[dict[str, str]] = self.api("series", **{"match[]": list(matchers)}, start=start, end=end)
        return found

    def label_values(self, label: str, *matchers: str) -> list[str]:
        """Return the values of `label`."""
        found: list[str] = self.api(f"label/{label}/values", **{"match[]": list(matchers)})
        return found


def _sample(series: Mapping[str, Any]) -> Sample:
    if "histogram" in series:
        moment, histogram = series["histogram"]
        return Sample(series["metric"], float("nan"), float(moment), histogram)
    moment, value = series["value"]
    return Sample(series["metric"], float(value), float(moment))
