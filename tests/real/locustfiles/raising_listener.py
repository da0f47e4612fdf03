"""A listener that raises at each failure, as retry helpers do; ``RAISES`` says what."""

import os
import sys
from typing import Any

from locust import events
from locust.env import Environment
from locust.exception import InterruptTaskSet, RescheduleTask

from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]


def on_request(exception: Any = None, **_: Any) -> None:
    """Raise at a failure."""
    if exception is None:
        return
    if os.environ["RAISES"] == "RescheduleTask":
        raise RescheduleTask
    if os.environ["RAISES"] == "InterruptTaskSet":
        raise InterruptTaskSet
    sys.exit(1)


def init(environment: Environment, **_: Any) -> None:
    """Register the listener as Locust's documentation shows."""
    environment.events.request.add_listener(on_request)


events.init.add_listener(init)
