"""What others have for Locust's results, set up as their users set it up; only :mod:`scripts/bench` installs them.

A peer listens to Locust's ``request`` event with the labels that we have, ``method``, ``name`` and ``status``, and in
the same buckets. What it does at each event, for each push and over the network can be measured apart.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0)
"""Seconds."""


class Peer(Protocol):
    """One way to get results out of Locust."""

    on_request: Callable[..., None]
    """Listener for Locust's ``request`` event."""

    def encode(self) -> Any:
        """Do all that a push takes but the network."""
        ...

    def push(self) -> None:
        """Deliver what there is now."""
        ...


def status(exception: object) -> str:
    """The label of that name."""
    return "failure" if exception else "success"


def load(name: str, url: str = "") -> Peer:
    """The peer of that name in :data:`NAMES`, which delivers to ``url``.

    Imported only now: the protocol buffers of two of them have the same names, so that they cannot share a process.
    """
    module, made = NAMES[name]
    peer: Peer = getattr(import_module(f"benchmarks.peers.{module}"), made)(url)
    return peer


NAMES = {
    "prometheus_client": ("prometheus", "PrometheusClient"),
    "prometheus-remote-writer": ("remote_writer", "PrometheusRemoteWriter"),
    "OpenTelemetry": ("opentelemetry", "OpenTelemetry"),
}
"""Name -> its module here, and the class in it."""
