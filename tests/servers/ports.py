"""Free ports on the loopback interface."""

from __future__ import annotations

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
_LOWEST = 10_000


def is_free(port: int) -> bool:
    """Return whether a server could listen on `port` now."""
    with socket.socket() as probe:
        # As servers do: connections of the past that still linger don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def is_open(port: int) -> bool:
    """Return whether a process listens on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """Return a port that was free a moment ago.

    It lies below the range that the kernel gives to outgoing connections. A load test opens thousands of those, and any
    of them could take the port of a server between its stop and its restart.
    """
    for _ in range(1000):
        port = random.SystemRandom().randrange(_LOWEST, _first_ephemeral_port())
        if is_free(port):
            return port
    message = f"no free port from {_LOWEST} to {_first_ephemeral_port()}"
    raise OSError(message)


def _first_ephemeral_port() -> int:
    try:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        lowest = 0
    # Where the kernel's range leaves us too little room, the usual one is as good as any.
    return lowest if lowest >= _LOWEST + 5000 else 32_768
