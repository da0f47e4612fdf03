"""A locustfile with a page of its own at /metrics, and a tab of its own."""

from typing import Any

from locust import events
from locust.env import Environment

from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]


def init(environment: Environment, **_: Any) -> None:
    """Add them, after locust-push has seen the web UI."""
    if environment.web_ui is None:
        return
    assert environment.web_ui.app
    environment.web_ui.app.add_url_rule("/metrics", "own_metrics", lambda: "a page of my own")
    environment.web_ui.template_args["extended_tabs"] = [{"title": "Mine", "key": "mine"}]


events.init.add_listener(init)
