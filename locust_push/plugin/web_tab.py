"""The tab of locust-push in Locust's web UI.

Locust's page has a place for tabs of others, which show tables of text, and nothing else. So the tab is empty, and
while it is chosen a page of ours is shown in its place, in a frame: nothing that Locust draws is touched.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Response, request
from locust.web import WebUI

from locust_push.live.faults import Faults

if TYPE_CHECKING:
    from locust_push.live.run import ActiveRun
    from locust_push.options.settings import Settings

PAGE = "/locust-push"
_TAB = {"title": "Push", "key": "locust-push"}

_FRAME = """\
<iframe id="locust-push" title="Push" hidden style="position: absolute; left: 0; width: 100%; border: 0"></iframe>
<script>
  setInterval(() => {
    const frame = document.getElementById("locust-push");
    frame.hidden = new URLSearchParams(location.search).get("tab") !== "locust-push";
    if (frame.hidden) return;
    if (!frame.getAttribute("src")) frame.src = "./locust-push";
    const tabs = document.querySelector("[role=tablist]");
    if (tabs) frame.style.top = `${tabs.getBoundingClientRect().bottom + scrollY + 8}px`;
    frame.style.height = `${Math.max(200, frame.contentDocument?.body?.scrollHeight ?? 0)}px`;
  }, 200);
</script>
"""


def add_tab(
    web_ui: WebUI, settings: "Callable[[], Settings | None]", run: "Callable[[], ActiveRun | None]", faults: Faults
) -> None:
    """Add the tab, and the page behind it: below the base path of the web UI, behind its login if it has one.

    Args:
        web_ui: Not started yet.
        settings: Returns those of now; None where nothing is pushed.
        run: Returns the present run, or else the last one; None before the first.
        faults: Contains those of what is added to Locust's own page.
    """
    app: Any = web_ui.app
    base = app.blueprints["locust"].url_prefix or ""

    @app.before_request  # type: ignore[untyped-decorator]  # of Flask, by an object of Locust's
    def name_tab() -> None:
        # At each request for the page: the locustfile may set its own tabs at any time, and these stay.
        tabs = web_ui.template_args.get("extended_tabs") or []
        if request.path == f"{base}/" and _TAB not in tabs:
            web_ui.template_args["extended_tabs"] = [*tabs, _TAB]

    @app.after_request  # type: ignore[untyped-decorator]  # the same
    def add_frame(response: Response) -> Response:
        if request.path == f"{base}/" and response.mimetype == "text/html":
            with faults.contained("adding a tab to the web UI"):
                response.set_data(response.get_data(as_text=True).replace("</body>", f"{_FRAME}</body>"))
        return response

    def route(path: str, answer: Callable[[], Any]) -> None:
        view = web_ui.auth_required_if_enabled(answer)
        app.add_url_rule(base + PAGE + path, f"locust-push{path}", view)

    route("", lambda: _page(settings(), run()))
    route("/state", lambda: _state(run()))
    route("/report", lambda: _report(settings(), run()))


def _page(settings: "Settings | None", run: "ActiveRun | None") -> Any:
    from locust_push.live.push_tab import tab_page  # noqa: PLC0415 - with results, which only this needs

    return tab_page(settings, run) if settings else _refused("Nothing is pushed: there is no --push-url.")


def _state(run: "ActiveRun | None") -> str:
    from locust_push.live.push_tab import tab_state  # noqa: PLC0415 - as above

    return tab_state(run)


def _report(settings: "Settings | None", run: "ActiveRun | None") -> Any:
    from locust_push.live.push_tab import ReportRefusedError, tab_report  # noqa: PLC0415 - as above

    if settings is None:
        return _refused("There is nothing to report.")
    try:
        return tab_report(settings, run, request.args.get("run", ""), request.args.get("base", ""))
    except ReportRefusedError as error:
        return _refused(str(error))


def _refused(why: str) -> Response:
    return Response(why, 409, content_type="text/plain; charset=utf-8")
