"""Forwards requests to a real server."""

from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from locust_push.delivery.answer import NO_HEADERS
from locust_push.testing.steps import Head, Reply

# They apply to one connection (RFC 9110, section 7.6.1), or are set again.
_HOP_BY_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "upgrade"})
_TIMEOUT = 30.0


def forward(base_url: str, head: Head, body: bytes) -> Reply:
    """Send a request to the server at ``base_url``; return its answer, or 502 if there is none."""
    parts = urlsplit(base_url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    headers = {name: value for name, value in head.headers.items() if name not in _HOP_BY_HOP}
    try:
        connection.request(head.method, parts.path.rstrip("/") + head.path, body, headers)
        response = connection.getresponse()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
        return Reply(response.status, kept, response.read())
    except (OSError, HTTPException) as error:
        return Reply(502, NO_HEADERS, f"{type(error).__name__}: {error}\n".encode())
    finally:
        connection.close()
