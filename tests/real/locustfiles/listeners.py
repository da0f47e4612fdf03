"""Prints the listeners to requests, and the number of held runs, at the start of a run."""

import gc
from typing import Any

from locust import events

import locust_push  # noqa: F401  # switches it on
from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]


def ours(handler: Any) -> bool:
    """Return whether a listener belongs to locust-push."""
    return str(handler.__module__).startswith("locust_push")


def tell(**_: object) -> None:
    """Print the number of our listeners and of held runs."""
    hooks = (events.request, events.user_error, events.report_to_master)
    print(f"our listeners: {sum(ours(handler) for hook in hooks for handler in hook._handlers)}")  # noqa: T201  # what a test reads
    gc.collect()
    held = sum(type(thing).__name__ == "ActiveRun" for thing in gc.get_objects())
    print(f"runs held: {held}")  # noqa: T201  # the same


# After that of locust-push, which is the first one.
events.test_start.add_listener(tell)
