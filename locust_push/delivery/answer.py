"""What an HTTP answer means for a payload. Pure: no HTTP client in here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Protocol

from locust_push.config.urls import public_url
from locust_push.delivery.server_text import MAX_WORDS, shorten
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict

Hints = Mapping[int, str]
"""HTTP status to the likely mistake and its mend."""

ANSWER_BYTES = 8192
"""How much of an answer's body is read. A longer one costs the connection, which is cheaper than draining it."""

NO_HINTS: Hints = MappingProxyType({})
NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_LOGIN = "check --push-username and --push-password-file, or --push-bearer-token-file"
_HINTS: Hints = {401: _LOGIN, 403: _LOGIN, 407: "the proxy wants a user and password in its URL"}

# 408 (RFC 9110 section 15.5.9) is a timeout that the server noticed first, often of an idle connection that it closes
# with these words: the next request on it reads them, which says nothing about that request.
_PASSING = frozenset({408, 429})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered to one request.

    Attributes:
        status: Status code.
        headers: Header fields; names are looked up without regard to case.
        words: What the server says, at most 1 KiB, secrets removed: the start of its body, or else the reason phrase.
        body: The body, as far as it was read.
        complete: Whether that is all of it.
    """

    status: int
    headers: Mapping[str, str]
    words: str
    body: bytes = b""
    complete: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class Transport(Protocol):
    """What a sink may ask of HTTP; :class:`locust_push.delivery.http.HttpTransport` is the real one."""

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Deliver a body: exactly one attempt. Never raises."""
        ...

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        limit: int = ANSWER_BYTES,
    ) -> HttpAnswer | Retry:
        """One request; the answer with at most ``limit`` bytes of body, or why there is none. Never raises."""
        ...

    def close(self) -> None:
        """Close idle connections."""
        ...


def verdict_of(answer: HttpAnswer, now: float, hints: Hints = NO_HINTS) -> Verdict:
    """What becomes of a payload that was answered so.

    Args:
        answer: The answer to the request that carried the payload.
        now: Wall-clock time in seconds since the epoch, against which a date in ``Retry-After`` is held.
        hints: What a status usually means to this protocol; completes the server's words.
    """
    if answer.ok:
        return Delivered(answer.headers)
    reason = f"http_{answer.status}"
    if answer.status in _PASSING or 500 <= answer.status < 600:
        return Retry(reason, answer.words, retry_after(answer.headers.get("Retry-After"), now))
    return Rejected(reason, _with_hint(answer.words, _hint(answer, hints)), headers=answer.headers)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds by a ``Retry-After`` field: a number or a date (RFC 9110 section 10.2.3); None if it is neither."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)


def _hint(answer: HttpAnswer, hints: Hints) -> str:
    location = answer.headers.get("Location")
    if 300 <= answer.status < 400 and location:
        return f"redirects are not followed; give --push-url {shorten(public_url(location), 200)}"
    return hints.get(answer.status) or _HINTS.get(answer.status, "")


def _with_hint(words: str, hint: str) -> str:
    return f"{shorten(words, MAX_WORDS - len(hint.encode()) - 3)} ({hint})" if hint else words
