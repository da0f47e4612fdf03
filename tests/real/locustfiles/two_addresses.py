"""The load of steady.py where one name has two addresses."""

import socket
from typing import Any

from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]

_resolve = socket.getaddrinfo


def _two(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
    hosts = ("127.0.0.2", "127.0.0.1") if host == "two-addresses.invalid" else (host,)
    return [found for each in hosts for found in _resolve(each, port, *args, **kwargs)]


socket.getaddrinfo = _two  # as a name server with two answers
