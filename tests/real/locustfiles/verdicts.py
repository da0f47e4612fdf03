"""Listeners of the locustfile, registered before locust-push is imported; ``CASE`` chooses them."""

import os
from typing import Any

from locust import events
from locust.env import Environment

CASE = os.environ.get("CASE", "")


def quitting(environment: Environment, **_: Any) -> None:
    """Set an exit code, as in Locust's documentation of how to control it."""
    if CASE == "quitting sets 0":
        environment.process_exit_code = 0
    if CASE == "quitting sets 7":
        environment.process_exit_code = 7


def test_start(environment: Environment, **_: Any) -> None:
    """End the run before it begins, or fail."""
    if CASE == "test_start quits":
        assert environment.runner
        environment.runner.quit()
    if CASE == "test_start fails":
        raise RuntimeError("a listener of the locustfile's own")


events.quitting.add_listener(quitting)
events.test_start.add_listener(test_start)

import locust_push  # noqa: E402, F401  # after all of that
from tests.real.locustfiles.without_plugin import Visitor  # noqa: E402  # whose requests all succeed

__all__ = ["Visitor"]
