"""Shows errors in the start form of Locust's web UI."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request
from locust.web import WebUI


def show_mistakes(web_ui: WebUI, mistakes: Callable[[], list[str]]) -> None:
    """Answer the form with its errors, although the run starts: the page shows a message only for a failure.

    Args:
        web_ui: Not started yet.
        mistakes: Returns the errors in the submitted form, and removes the invalid values.
    """
    app: Any = web_ui.app
    form = (app.blueprints["locust"].url_prefix or "") + "/swarm"

    @app.after_request  # type: ignore[untyped-decorator]  # of Flask, by an object of Locust's
    def show(response: Response) -> Response:
        if request.path != form or request.method != "POST" or not response.is_json:
            return response
        answer = response.get_json()
        found = mistakes() if answer.get("success") else []
        return jsonify({**answer, "success": False, "message": _message(found)}) if found else response


def _message(found: list[str]) -> str:
    return f"The run has started without these invalid values: {'; '.join(found)}. Reload the page to follow the run."
