"""The HTML report in a real Chromium, also under the content security policies of CI servers."""

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from locust_push.documents.formats import render
from tests.servers.browser import Browser, Page
from tests.unit.documents.summaries import HOSTILE, report, summary

NAMES = [f"/{number:02}" for number in range(12)]

JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
"""What Jenkins serves artifacts with: no inline scripts, no inline styles ("Configuring Content Security Policy")."""

CHART = "document.querySelector('svg[data-seconds]')"

CHART_TEXTS = "[...document.querySelectorAll('figure svg text')].map(text => text.textContent)"


class Pages:
    """Serves one page, as an artifact of a CI server, with the server's own policy."""

    def __init__(self, html: str) -> None:
        self.policy = ""
        self._html = html.encode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._server.server_port}/report.html"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Send the page."""
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        if self.policy:
            handler.send_header("Content-Security-Policy", self.policy)
        handler.end_headers()
        handler.wfile.write(self._html)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, pages: Pages, *arguments: object) -> None:
        self._pages = pages
        super().__init__(*arguments)  # type: ignore[arg-type]  # as the server gives them

    def do_GET(self) -> None:
        self._pages.answer(self)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def html() -> str:
    run = summary("after", 0.15, [*NAMES, HOSTILE])
    return render(report("p95 > +10%", run=run, base=summary("before", names=NAMES)), ".html")


@pytest.fixture
def file(tmp_path: Path, html: str) -> str:
    """The address of the report as a file."""
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


def column(page: Page, number: int) -> list[str]:
    """Return the visible texts of a column of the table of requests."""
    rows = "[...document.querySelectorAll('section[aria-labelledby=requests] tbody tr')].filter(row => !row.hidden)"
    texts: list[str] = page.evaluate(f"{rows}.map(row => row.cells[{number}].textContent)")
    return texts


def click(page: Page, number: int) -> str:
    """Click on a heading of the table of requests; return its sort order."""
    head = f"document.querySelectorAll('section[aria-labelledby=requests] thead th')[{number}]"
    sort: str = page.evaluate(f"{head}.querySelector('button').click(), {head}.getAttribute('aria-sort')")
    return sort


def test_it_opens_from_a_file_without_complaints_and_loads_nothing(browser: Browser, file: str) -> None:
    """The console stays empty, and the only request is for the page itself."""
    page = browser.open(file)
    assert page.complaints == []
    assert page.requested == [file]
    assert page.evaluate("document.title") == "after against before"
    assert page.evaluate("document.querySelectorAll('figure svg[role=img]').length") == 4


def test_a_hostile_name_is_inert(browser: Browser, file: str) -> None:
    """A script in a request's name is shown as text, and does not run."""
    page = browser.open(file)
    assert page.evaluate("document.images.length") == 0
    assert any("<img src=x onerror=" in text for text in column(page, 0))


def test_columns_sort_both_ways_and_say_so(browser: Browser, file: str) -> None:
    """Text sorts from A, numbers from the largest; the totals stay at the bottom."""
    page = browser.open(file)
    assert click(page, 0) == "ascending"
    assert column(page, 0)[0] == "GET /00"
    assert click(page, 0) == "descending"
    assert column(page, 0)[-1] == "GET /00"
    assert click(page, 2) == "descending"
    assert column(page, 2)[0] == "4"
    assert click(page, 2) == "ascending"
    assert column(page, 2)[-1] == "4"
    assert page.evaluate("document.querySelectorAll('section[aria-labelledby=requests] th[aria-sort]').length") == 1


def test_what_is_typed_filters_the_rows(browser: Browser, file: str) -> None:
    """Filtering ignores case, and the number of remaining rows is shown."""
    page = browser.open(file)
    box = "document.querySelector('section[aria-labelledby=requests] input[type=search]')"
    page.evaluate(f"{box}.value = 'get /1', {box}.dispatchEvent(new Event('input'))")
    assert column(page, 0) == ["GET /10", "GET /11"]
    assert page.evaluate("document.querySelector('section[aria-labelledby=requests] output').textContent") == "2 of 13"


@pytest.mark.parametrize("dark", [False, True])
def test_colours_follow_the_system_unless_somebody_chooses(browser: Browser, file: str, *, dark: bool) -> None:
    """Details open and close without a script, too."""
    page = browser.open(file, scripts=False, dark=dark)
    background = "getComputedStyle(document.body).backgroundColor"
    light_page, dark_page = "rgb(246, 247, 249)", "rgb(18, 21, 27)"
    assert page.evaluate(background) == (dark_page if dark else light_page)
    page.evaluate(f"document.getElementById('{'light' if dark else 'dark'}').click()")
    assert page.evaluate(background) == (light_page if dark else dark_page)


def test_pointing_at_a_chart_tells_its_values(browser: Browser, file: str) -> None:
    """Values are shown at once with the script, and as the browser's own tooltip without it."""
    page = browser.open(file)
    zone = "document.querySelectorAll('.zones')[1].querySelectorAll('rect')[2]"
    page.evaluate(f"{zone}.dispatchEvent(new PointerEvent('pointermove', {{bubbles: true, clientX: 9, clientY: 9}}))")
    assert page.evaluate("document.getElementById('tip').textContent") == "0:10\nusers 10 (before 10)"
    silent = browser.open(file, scripts=False)
    assert silent.evaluate(f"{zone}.querySelector('title').textContent") == "0:10\nusers 10 (before 10)"


def test_one_cursor_goes_over_all_charts(browser: Browser, file: str) -> None:
    """Pointing at one chart, or moving by keys, shows the values at the same time in each chart."""
    page = browser.open(file)
    zone = "document.querySelectorAll('.zones')[1].querySelectorAll('rect')[2]"
    page.evaluate(f"{zone}.dispatchEvent(new PointerEvent('pointermove', {{bubbles: true, clientX: 9, clientY: 9}}))")
    readouts = "[...document.querySelectorAll('.readout')].map(one => one.textContent)"
    first, second, third = page.evaluate(readouts)
    assert first == "0:10 · requests/s 20.0 (before 20.0) · failures/s 1.0 (before 1.0)"
    assert second == "0:10 · users 10 (before 10)"
    assert third.startswith("0:10 · p50 150 ms (before 100 ms)")
    page.evaluate(f"{CHART}.focus()")
    page.press("ArrowRight")
    assert all(text.startswith("0:15") for text in page.evaluate(readouts))
    page.press("Escape")
    assert page.evaluate(readouts) == ["", "", ""]


def test_all_charts_over_time_are_zoomed_together(browser: Browser, file: str) -> None:
    """Zooming works by dragging, buttons and keys; the axis shows the range, and the whole run can be restored."""
    page = browser.open(file)
    views = "[...document.querySelectorAll('svg[data-seconds] .plot')].map(plot => plot.getAttribute('viewBox'))"
    ticks = f"[...{CHART}.querySelectorAll('.x text')].map(text => text.textContent)"
    whole = page.evaluate(views)
    page.drag("document.querySelectorAll('svg[data-seconds]')[1]", 0.25, 0.5)
    zoomed = page.evaluate(views)
    assert len(set(zoomed)) == 1
    assert zoomed[0] != whole[0]
    assert page.evaluate(ticks)[0] != "0:00"
    page.evaluate("document.querySelectorAll('.tools button')[4].click()")
    assert page.evaluate(views) == whole
    page.evaluate(f"{CHART}.focus()")
    page.press("+")
    assert page.evaluate(views) != whole
    page.press("0")
    assert page.evaluate(views) == whole
    assert page.complaints == []


def test_columns_can_be_chosen(browser: Browser, file: str) -> None:
    """Rarely needed columns are hidden at first; without scripts all are shown."""
    page = browser.open(file)
    heads = "[...document.querySelectorAll('section[aria-labelledby=requests] thead th')]"
    shown = f"{heads}.filter(head => head.checkVisibility()).map(head => head.textContent)"
    assert "p90 ms" not in page.evaluate(shown)
    page.evaluate("[...document.querySelectorAll('.columns label')].find(one => one.textContent == ' p90 ms').click()")
    assert "p90 ms" in page.evaluate(shown)
    silent = browser.open(file, scripts=False)
    assert {"min ms", "p90 ms", "p99.9 ms", "failed %"} <= set(silent.evaluate(shown))


def test_each_request_opens_without_scripts(browser: Browser, file: str) -> None:
    """A request's numbers, distribution and failures open without a script."""
    page = browser.open(file, scripts=False)
    part = "document.querySelector('details')"
    assert page.evaluate(f"{part}.querySelector('svg').checkVisibility()") is False
    page.evaluate(f"{part}.querySelector('summary').click()")
    assert page.evaluate(f"{part}.querySelector('svg').checkVisibility()") is True
    assert "HTTP 503" in page.evaluate(f"{part}.textContent")


def test_it_is_readable_under_the_policy_of_jenkins(browser: Browser, html: str) -> None:
    """Without scripts and styles the charts have their size, colours and texts, the tables their rows."""
    pages = Pages(html)
    pages.policy = JENKINS
    page = browser.open(pages.url)
    assert page.requested == [pages.url]
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "none", "the style sheet was not refused"
    assert page.evaluate("document.querySelectorAll('button').length") == 0, "the script was not refused"
    assert page.evaluate("document.querySelector('.theme').checkVisibility()") is False, "it would do nothing"
    assert {"10 users", "0:10", "200 ms", "p95"} <= set(page.evaluate(CHART_TEXTS))
    assert page.evaluate("document.querySelector('figure > svg').getBoundingClientRect().width") == 640
    line = "getComputedStyle(document.querySelector('.lines path'))"
    assert page.evaluate(f"{line}.stroke") == "rgb(23, 143, 106)"
    assert page.evaluate(f"{line}.fill") == "none"
    assert len(column(page, 0)) == 13
    pages.close()


def test_no_scripts_run_in_a_sandbox_and_the_page_looks_the_same(browser: Browser, html: str) -> None:
    """If only scripts are blocked, all colours are shown, and no control is without effect."""
    pages = Pages(html)
    pages.policy = "sandbox"
    page = browser.open(pages.url)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 247, 249)"
    assert page.evaluate("document.querySelectorAll('button, input[type=search]').length") == 0
    pages.close()


def test_it_prints_in_light_colours_without_what_cannot_be_clicked(browser: Browser, file: str) -> None:
    """Text has enough contrast in every theme."""
    page = browser.open(file, dark=True)
    page._call("Emulation.setEmulatedMedia", media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.evaluate("getComputedStyle(document.querySelector('.theme')).display") == "none"
