"""What an HTTP answer means for a payload. Pure: no HTTP client in here."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urljoin

from locust_push.config.urls import public_url
from locust_push.core.record import record
from locust_push.delivery.retry import Fault, fault_of
from locust_push.delivery.server_text import MAX_ERROR_TEXT, shorten
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict

Hints = Mapping[int, str]
"""HTTP status -> the likely mistake and its fix."""

ANSWER_BYTES = 8192
"""Bytes of a response body that are read. If it is longer the connection is closed, which is cheaper than reading the
rest."""

NO_HINTS: Hints = MappingProxyType({})
NO_HEADERS: Mapping[str, str] = MappingProxyType({})

WRONG_CLOCK = 600.0
"""Seconds. A Prometheus refuses samples that lie further ahead of its clock; older ones go to a run of the past."""

_PAGE_BYTES = 200
"""Bytes of a web page that are shown."""

_LOGIN = "check --push-username and --push-password-file, --push-bearer-token-file, or --push-sigv4-region"
_HINTS: Hints = {401: _LOGIN, 403: _LOGIN, 407: "the proxy wants a user and password in its URL"}

WEB_PAGE = "web_page"
"""Reason: a web page came instead of a receiver's answer, such as the login page of a proxy."""


@record(frozen=True, slots=True)
class HttpAnswer:
    """The answer of a server to one request.

    Attributes:
        status: Status code.
        headers: Header fields; names are looked up without regard to case.
        text: The server's error text, at most 1 KiB, secrets removed: the start of the body, or else the reason
            phrase.
        body: The body, as far as it was read.
        complete: Whether the whole body was read.
        moved_to: The ``--push-url`` that a redirect leads to; empty where there is none.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    body: bytes = b""
    complete: bool = False
    moved_to: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class Transport(Protocol):
    """The requests that a sink may make; :class:`locust_push.delivery.http.HttpTransport` is the real one."""

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
        """Send one request; return the answer with at most ``limit`` bytes of body, or the failure. Never raises."""
        ...

    def close(self) -> None:
        """Close idle connections."""
        ...


def verdict_of(answer: HttpAnswer, now: float, hints: Hints = NO_HINTS) -> Verdict:
    """Return the verdict on a payload, from the answer to its request.

    Args:
        answer: The answer to the request that carried the payload.
        now: Wall-clock time in seconds since the epoch, to interpret a date in ``Retry-After``.
        hints: What a status usually means in this protocol; added to the server's error text.
    """
    if answer.ok and is_web_page(answer):
        text = (
            f"http_{answer.status} with a web page, as of a login, instead of a receiver's answer; check URL and proxy"
        )
        return Retry(WEB_PAGE, f"{text}: {shorten(answer.text, _PAGE_BYTES)}", needs_fix=True)
    if answer.ok:
        return Delivered(answer.headers)
    reason, after = f"http_{answer.status}", retry_after(answer.headers.get("Retry-After"), now)
    match fault_of(answer.status):
        case Fault.MOMENT:
            return Retry(reason, answer.text, after)
        case Fault.WAY:
            return Retry(reason, _with_hint(answer.text, _hint(answer, hints)), after, needs_fix=True)
        case Fault.DATA:
            return Rejected(reason, _with_hint(answer.text, _hint(answer, hints)), headers=answer.headers)


def is_web_page(answer: HttpAnswer) -> bool:
    """Whether the answer is a web page; receivers answer with nothing, a line of text, or JSON."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"} and bool(answer.body or not answer.complete)


def moved_to(push_url: str, asked: str, location: str) -> str:
    """Return the push URL that a redirect leads to, complete (RFC 9110, 10.2.2) and without secrets.

    Args:
        push_url: As configured.
        asked: The requested URL, which may be below ``push_url``.
        location: The header ``Location`` of the answer.
    """
    found = urljoin(asked, location)
    below = asked.removeprefix(push_url)
    return public_url(found.removesuffix(below) if below != asked else found)


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds of a ``Retry-After`` field: number or date (RFC 9110 section 10.2.3); None for others."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)


def clock_skew(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds by which the server's clock is ahead of ``now``, to the second; None without a readable ``Date``."""
    try:
        return parsedate_to_datetime(headers.get("Date") or "").timestamp() + 0.5 - now
    except ValueError:
        return None


def _hint(answer: HttpAnswer, hints: Hints) -> str:
    if 300 <= answer.status < 400 and answer.moved_to:
        return f"redirects are not followed; give --push-url {shorten(answer.moved_to, 200)}"
    return hints.get(answer.status) or _HINTS.get(answer.status, "")


def _with_hint(words: str, hint: str) -> str:
    return f"{shorten(words, MAX_ERROR_TEXT - len(hint.encode()) - 3)} ({hint})" if hint else words
