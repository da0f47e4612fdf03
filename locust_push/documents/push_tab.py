"""The page of locust-push in Locust's web UI: how pushing goes, and the runs of before. Pure."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from locust_push.delivery.ledger import DeliveryState
from locust_push.documents.grafana import RunLinks
from locust_push.documents.html import COLOUR_MARKS, asset, digest, templates
from locust_push.documents.tables import BAD, DOUBTFUL, GOOD, PALE, Grid, TableCell, duration_text, when
from locust_push.results.model import Run

_COLUMNS = ("process", "URL", "samples delivered", "in memory", "on disk", "lost", "last answer", "last delivery (UTC)")

_WITHIN = "default-src 'none'; connect-src 'self'; form-action 'self'"
"""What the page may do: ask the server that it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedRun:
    """The run that this process is in, or was in last.

    Attributes:
        run_id: Its ID.
        state: How far it is.
        gate_met: Whether it met its gate; None without a gate.
        links: Name and URL of where it is to be seen.
        deliveries: How delivery goes, by process: the URLs of each.
    """

    run_id: str
    state: str
    gate_met: bool | None
    links: Sequence[tuple[str, str]]
    deliveries: Sequence[tuple[str, DeliveryState]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTab:
    """What the page is made of.

    Attributes:
        pushed: The run that is pushed; None before the first.
        runs: The newest runs there are, the newest first.
        problem: Why there are none; empty where there are.
        grafana: Grafana's address; None without one.
    """

    pushed: PushedRun | None
    runs: Sequence[Run]
    problem: str
    grafana: str | None


def render_tab(tab: PushTab) -> str:
    """Return the page."""
    style, script = asset("page.css"), asset("tab.js")
    now = time.time()
    return (
        templates()
        .get_template("tab.html.jinja")
        .render(
            state=Markup(render_state(tab.pushed)),  # noqa: S704  # ours, escaped by its own template
            rows=[_ListedRun(run, now, tab.grafana) for run in tab.runs],
            problem=tab.problem,
            candidate=tab.pushed.run_id if tab.pushed else "",
            marks=COLOUR_MARKS,
            style=Markup(style),  # noqa: S704  # ours, from the package
            script=Markup(script),  # noqa: S704  # the same
            policy=f"{_WITHIN}; style-src '{digest(style)}'; script-src '{digest(script)}'",
        )
    )


def render_state(pushed: PushedRun | None) -> str:
    """Return the part of the page that changes while a run is pushed."""
    page = templates().get_template("state.html.jinja")
    return page.render(
        pushed=pushed, verdict=_verdict(pushed.gate_met) if pushed else None, grid=_grid(pushed), marks=COLOUR_MARKS
    )


class _ListedRun:
    """A run in the list: ``cells`` after its ID, and ``dashboard``, the address of its dashboard if there is one."""

    def __init__(self, run: Run, now: float, grafana: str | None) -> None:
        self.run_id = run.run_id
        state = run.how_it_ended(now)
        whole = run.end_time is not None and not run.cut_short
        self.cells = [
            TableCell(when(run)),
            TableCell(duration_text(run)),
            TableCell(run.info.get("users", "-")),
            TableCell(state, "" if whole else DOUBTFUL),
            _verdict(run.gate_met),
        ]
        self.dashboard = ""
        if grafana and run.start_time is not None:
            self.dashboard = RunLinks(grafana, run.run_id, run.start_time, run.end_time).live


def _verdict(gate_met: bool | None) -> TableCell:
    if gate_met is None:
        return TableCell("not judged", PALE)
    return TableCell("gate met", GOOD) if gate_met else TableCell("gate not met", BAD)


def _grid(pushed: PushedRun | None) -> Grid | None:
    rows = [list(_cells(process, state)) for process, state in pushed.deliveries] if pushed else []
    return Grid(_COLUMNS, rows, 2) if rows else None


def _cells(process: str, state: DeliveryState) -> Iterator[TableCell]:
    yield TableCell(process)
    yield TableCell(state.url)
    yield TableCell(f"{state.delivered:,}", order=state.delivered)
    yield TableCell(f"{state.waiting_bytes / 1000:,.0f} kB", order=state.waiting_bytes)
    yield TableCell(f"{state.spooled:,}", DOUBTFUL if state.spooled else "", order=state.spooled)
    yield TableCell(f"{state.lost:,}", BAD if state.lost else "", order=state.lost)
    yield TableCell(state.answer or "none yet", "" if state.answer in {"", "delivered"} else DOUBTFUL)
    last = state.last_success
    yield TableCell("never" if last is None else f"{datetime.fromtimestamp(last, UTC):%H:%M:%S}")
