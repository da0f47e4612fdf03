"""Annotations: when runs started, had all their users, and ended: the values of our own series."""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import AnnotationQuery

from monitoring.grafana.generate.promql import last
from monitoring.grafana.generate.run import Run
from monitoring.grafana.generate.variables import PROMETHEUS

_WINDOW = "1h"
"""The end is one sample, followed by a staleness marker: it is looked for so far back from each step."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a run.

    Attributes:
        text: What is written at it.
        metric: Whose value it is, in Unix seconds.
        colour: Of the mark.
    """

    text: str
    metric: str
    colour: str


MOMENTS = (
    Moment("started", "locust_run_start_time_seconds", "green"),
    Moment("all users running", "locust_run_spawning_complete_time_seconds", "yellow"),
    Moment("ended", "locust_run_end_time_seconds", "red"),
)


def of_run(run: Run, who: str, shift_ms: str = "0") -> list[Builder[AnnotationQuery]]:
    """Return the moments of a run, moved ``shift_ms`` milliseconds to the right."""
    return [_annotation(moment, run, who, shift_ms) for moment in MOMENTS]


def _annotation(moment: Moment, run: Run, who: str, shift_ms: str) -> Builder[AnnotationQuery]:
    series = last(run.series(moment.metric), _WINDOW, run.shift)
    return timed(f"{who} {moment.text}", f"1000 * max by (run_id) ({series}) + {shift_ms}", moment.colour)


def timed(name: str, expr: str, colour: str, text: str = "{{run_id}}") -> Builder[AnnotationQuery]:
    """Return an annotation at the time that its query's value is, in milliseconds."""
    return _TimedBuilder(name, expr, colour, text).datasource(PROMETHEUS)


class _TimedQuery(AnnotationQuery):
    """The SDK lacks Grafana's words for where the time and the text come from."""

    text: str

    def to_json(self) -> dict[str, object]:
        words: dict[str, object] = {"titleFormat": self.name, "textFormat": self.text, "useValueForTime": True}
        return {**super().to_json(), **words, "step": "1s"}


class _TimedBuilder(dashboard.AnnotationQuery):
    def __init__(self, name: str, expr: str, colour: str, text: str) -> None:
        self._internal = _TimedQuery(name=name, expr=expr, icon_color=colour)
        self._internal.text = text
