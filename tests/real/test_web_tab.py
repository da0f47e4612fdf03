"""The tab of locust-push in Locust's web UI, in a real Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.real.command_lines import alone_as_master
from tests.real.locust_process import LocustProcess
from tests.real.test_web_ui import run_once, web_ui
from tests.servers import web
from tests.servers.browser import Browser, Page
from tests.servers.poll import eventually
from tests.servers.target import Target

TABS = ["Statistics", "Charts", "Failures", "Exceptions", "Current Ratio", "Download Data", "Logs", "Workers"]
"""Locust's own."""

FRAME = "document.getElementById('locust-push').contentDocument"


def names_of_tabs(page: Page) -> list[str]:
    """Return what is written on the tabs."""
    names: list[str] = page.evaluate("[...document.querySelectorAll('[role=tab]')].map(tab => tab.textContent)")
    return names


def open_tab(page: Page, name: str) -> None:
    """Click on a tab."""
    page.evaluate(f"[...document.querySelectorAll('[role=tab]')].find(tab => tab.textContent == '{name}').click()")


def in_frame(page: Page, expression: str) -> Any:
    """Return the value of an expression about the document in our frame, ``page`` in it."""
    return page.evaluate(f"(page => {expression})({FRAME})")


def deliveries(page: Page) -> dict[str, list[list[str]]]:
    """Return the rows about delivery, by URL: the texts of their cells."""
    rows = in_frame(
        page, "[...page.querySelectorAll('#state tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    found: dict[str, list[list[str]]] = {}
    for row in rows:
        found.setdefault(row[1], []).append(row)
    return found


def test_the_tab_shows_pushing_and_compares(browser: Browser, target: Target, tmp_path: Path) -> None:
    """How delivery goes at master and worker, runs with verdicts, a comparison at a click; Locust's pages work on."""
    master = alone_as_master()
    arguments = (
        *master, "-H", target.url, "--push-url", "file:runs", "--push-url", "http://user:hunter2@127.0.0.1:1/write",
        "--push-interval", "500ms", "--push-flush-timeout", "1s", "--push-run-id", "seen",
        "--push-gate", "error_rate > 1%", "--push-grafana-url", "http://grafana:3000",
    )  # fmt: skip
    with (
        web_ui(tmp_path, *arguments, locustfile="own_page.py") as ui,
        LocustProcess(tmp_path, "--worker", "--master-port", master[-1], locustfile="own_page.py") as worker,
    ):
        eventually(lambda: ui.workers() == ["ready"], within=40)
        run_once(ui, target)
        eventually(lambda: ui.workers() == ["ready"], within=40)
        ui.start()
        page = browser.open(f"{ui.url}/")
        eventually(lambda: names_of_tabs(page) == [*TABS, "Mine", "Push"], within=40)
        open_tab(page, "Push")
        eventually(lambda: in_frame(page, "page?.querySelectorAll('#state tbody tr').length") == 4, within=40)
        assert [row[0] for row in deliveries(page)["file:runs"]] != []
        assert all(
            row[6].startswith(("will retry, connection", "none yet"))
            for row in deliveries(page)["http://127.0.0.1:1/write"]
        )
        assert "hunter" not in in_frame(page, "page.documentElement.outerHTML")
        ui.stop()
        text = "page.querySelector('#state').textContent"
        eventually(lambda: "gate not met" in in_frame(page, text), within=40)
        eventually(lambda: all(row[2] != "0" for row in deliveries(page)["file:runs"]), within=40)

        page.evaluate(f"{FRAME}.location.reload()")
        cells = "row.cells[1].textContent + row.cells[6].textContent"
        listed = f"[...(page?.querySelectorAll('form tbody tr') ?? [])].map(row => {cells})"
        eventually(lambda: in_frame(page, listed) == ["seen-2gate not met ✗", "seengate not met ✗"], within=40)
        in_frame(page, "page.querySelector('form').target = '_self'")
        in_frame(page, "page.querySelector('[value=seen]').click()")
        in_frame(page, "page.querySelector('form button').click()")
        eventually(lambda: in_frame(page, "page?.title") == "seen-2 against seen", within=40)

        open_tab(page, "Statistics")
        eventually(lambda: page.evaluate("document.getElementById('locust-push').hidden"), within=40)
        assert page.evaluate("document.querySelectorAll('tbody tr').length") == 5
        assert page.complaints == []
        worker.process.terminate()
        worker.wait()


def test_a_running_test_is_not_delayed_by_a_report(target: Target, tmp_path: Path) -> None:
    """Where the users run in the same process a report waits for the end of the run; without a URL there is no tab."""
    with web_ui(tmp_path, "-H", target.url, "--push-url", "file:runs", base_path="/load") as ui:
        page = web.get(f"{ui.url}/")
        assert '"key": "locust-push"' in page
        assert json.loads(page.partition("window.templateArgs = ")[2].partition("\n")[0])["extended_tabs"]
        ui.start()
        eventually(lambda: "samples delivered" in web.get(f"{ui.url}/locust-push"), within=40)
        (run,) = ui.runs()
        refused = web.request("GET", f"{ui.url}/locust-push/report?run={run}")
        assert (refused.status, refused.text.partition(":")[0]) == (409, "Stop the run first")
        ui.stop()
        eventually(lambda: web.request("GET", f"{ui.url}/locust-push/report?run={run}").status == 200, within=40)
        unknown = web.request("GET", f"{ui.url}/locust-push/report?run={run}&base=<b>")
        assert unknown.status == 409
        assert "<b>" in unknown.text
    with web_ui(tmp_path / "off", "-H", target.url) as ui:
        assert "locust-push" not in web.get(f"{ui.url}/").replace("locust-push run", "")
        assert web.request("GET", f"{ui.url}/locust-push").status == 404
