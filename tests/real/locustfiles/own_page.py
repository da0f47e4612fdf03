"""A locustfile that serves its own page at /metrics."""

from typing import Any

from locust import events
from locust.env import Environment

from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]


def init(environment: Environment, **_: Any) -> None:
    """Add the page after locust-push has set up the web UI."""
    assert environment.web_ui
    assert environment.web_ui.app
    environment.web_ui.app.add_url_rule("/metrics", "own_metrics", lambda: "a page of my own")


events.init.add_listener(init)
