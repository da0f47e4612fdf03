"""What locust-push shows in Locust's web UI, by what a master or local process knows, and what was stored before."""

import time
from collections.abc import Iterator

from locust_push.documents.content import Report
from locust_push.documents.formats import render
from locust_push.documents.grafana import RunLinks
from locust_push.documents.push_tab import PushedRun, PushTab, render_state, render_tab
from locust_push.live.greenlets import time_limit
from locust_push.live.run import ActiveRun
from locust_push.live.stored_runs import readable_place, stored_runs
from locust_push.options.settings import Settings
from locust_push.results.compare import NothingInCommonError, compare
from locust_push.results.model import Run, RunResults
from locust_push.results.names import UnknownRunError
from locust_push.results.sources.query_api import StoreError

RUNS = 20
"""The newest ones, which are listed."""


class ReportRefusedError(Exception):
    """There is no such report, or not yet; ``str()`` is one line."""


def tab_page(settings: Settings, run: ActiveRun | None) -> str:
    """Return the page; ``run`` is the present one, or else the last one."""
    runs, problem = _listed(settings)
    return render_tab(PushTab(pushed=_pushed(run), runs=runs, problem=problem, grafana=settings.grafana_url))


def tab_state(run: ActiveRun | None) -> str:
    """Return the part of the page that changes from second to second."""
    return render_state(_pushed(run))


def tab_report(settings: Settings, run: ActiveRun | None, run_id: str, base_id: str) -> str:
    """Return the report of a run, beside another one if that is not empty.

    Raises:
        ReportRefusedError: It cannot be made.
    """
    if run and run.makes_requests_now:
        raise ReportRefusedError("Stop the run first: its users run in this process, and a report would delay them.")
    try:
        of_run = _results(settings, run, run_id)
        comparison = compare([_results(settings, run, base_id)], of_run) if base_id else None
    except (UnknownRunError, StoreError, NothingInCommonError, OSError) as error:
        raise ReportRefusedError(str(error)) from None
    return render(Report(of_run, time.time(), comparison), ".html")


def _results(settings: Settings, run: ActiveRun | None, run_id: str) -> RunResults:
    """Return the results of a run: from memory where it was recorded there, or can be read from nowhere."""
    held = run is not None and run.description.run_id == run_id
    if run is not None and held and (settings.reports or readable_place(settings) is None):
        return run.results()
    with stored_runs(settings, time_limit) as source:
        return source.read(run_id)


def _listed(settings: Settings) -> tuple[list[Run], str]:
    try:
        with stored_runs(settings, time_limit) as source:
            return [*source.list(RUNS)], ""
    except (UnknownRunError, StoreError, OSError) as error:
        return [], f"Runs cannot be listed: {error}"


def _pushed(run: ActiveRun | None) -> PushedRun | None:
    if run is None:
        return None
    return PushedRun(
        run_id=run.description.run_id,
        state=_state(run),
        gate_met=run.closing.gate_met if run.agent.done else None,
        links=[*_links(run)],
        deliveries=run.delivery_states,
    )


def _state(run: ActiveRun) -> str:
    if not run.description.over:
        return "running"
    return run.description.cut_short or ("finished" if run.agent.done else "being delivered")


def _links(run: ActiveRun) -> Iterator[tuple[str, str]]:
    about = run.description
    if run.settings.grafana_url:
        links = RunLinks(run.settings.grafana_url, about.run_id, about.start_time, about.end_time)
        yield "Dashboard", links.live
        yield "Compare in Grafana", links.compare
    yield "Report", f"locust-push/report?run={about.run_id}"
