"""Arguments that real runs share."""

from __future__ import annotations

from tests.servers.ports import free_port

# Users finish what they began: what the target has served, Locust has seen.
HEADLESS = ("--headless", "--only-summary", "--stop-timeout", "5", "--exit-code-on-error", "0")


def distributed(workers: int = 2) -> tuple[str, ...]:
    """A master with its workers in one command, on a separate port, since tests run in parallel."""
    port = str(free_port())
    return ("--processes", str(workers), "--master-bind-port", port, "--master-port", port)


def alone_as_master() -> tuple[str, ...]:
    """A master without workers, on a separate port."""
    return ("--master", "--master-bind-port", str(free_port()))
