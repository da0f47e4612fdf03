"""HTTP for tests, from the standard library, so that tests do not use the code under test."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

# Proxy settings of the environment are for the world outside; every server here is on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """A server's answer, including errors."""

    status: int
    text: str
    content_type: str = ""


def request(
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,
) -> Answer:
    """Send one request and return the answer, whatever its status.

    Raises:
        OSError: there was no answer.
    """
    message = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        with _OPENER.open(message, timeout=timeout) as response:
            text = response.read().decode("utf-8", "replace")
            return Answer(response.status, text, response.headers.get("Content-Type", ""))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode("utf-8", "replace"))


def get(url: str, *, timeout: float = 10.0) -> str:
    """Return the body of a successful GET.

    Raises:
        OSError: there was no answer, or not 2xx.
    """
    answer = request("GET", url, timeout=timeout)
    if not 200 <= answer.status < 300:
        message = f"GET {url} answered {answer.status}: {answer.text[:500]}"
        raise OSError(message)
    return answer.text
