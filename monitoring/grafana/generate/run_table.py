"""The columns that describe a run: the same in every table of runs."""

from grafana_foundation_sdk.models import units

from locust_push.documents.grafana import (
    AFTER,
    BEFORE,
    COMPARE,
    LIVE,
)
from monitoring.grafana.generate import runs
from monitoring.grafana.generate.addresses import row_link
from monitoring.grafana.generate.parts import Column, link
from monitoring.grafana.generate.promql import selector

_INFO = ("git_commit", "git_branch", "users", "profile", "host", "ci", "locust_version")
"""Labels of ``locust_run_info`` that are shown; a column is missing where no run has the label."""

_VERDICT = {
    "mappings": [
        {
            "type": "value",
            "options": {
                "0": {"text": "not met", "color": "red", "index": 0},
                "1": {"text": "met", "color": "green", "index": 1},
            },
        }
    ],
    "custom.cellOptions": {"type": "color-text"},
}
"""How ``locust_run_gate_met`` is shown; a run without gates has no value."""

_LINKS = [link("Live run", row_link(LIVE, "run")), link("Compare with another run", row_link(COMPARE, "candidate"))]


def what_it_is(latest: runs.Latest, *matchers: str) -> list[Column]:
    """Return run ID with links, start, duration and the verdict of its gates, then what links need, unseen."""
    start, end = (f"1000 * {time(latest, *matchers)}" for time in (runs.start_time, runs.end_time))
    unseen = {"custom.hidden": True}
    return [
        Column("Run", label="run_id", properties={"links": _LINKS, "custom.minWidth": 240}),
        Column("Start", start, unit=units.DatetimeISO),
        Column("Duration", runs.duration(latest, *matchers), unit=units.DurationSeconds),
        Column("Gate", runs.by_run(latest, "locust_run_gate_met", *matchers), properties=_VERDICT),
        Column("from", f"round({start}) - {BEFORE}", properties=unseen),
        Column("to", f"round({end}) + {AFTER}", properties=unseen),
    ]


def what_is_known(latest: runs.Latest, *matchers: str) -> list[Column]:
    """Return the labels of ``locust_run_info``."""
    info = selector("locust_run_info", runs.JOB, *matchers)
    query = f"max by (run_id, {', '.join(_INFO)}) ({latest(info)})"
    labels = [Column(name.removeprefix("git_").replace("_", " ").title(), label=name) for name in _INFO]
    return [*labels, Column("Info", query, properties={"custom.hidden": True})]
