"""HTTP by ``requests``: one attempt, and the error text of the server or library if it fails.

The only file that imports ``requests``; nothing imports it unless something is pushed.
"""

import re
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from locust_push.config.endpoint import HttpEndpoint, Tls
from locust_push.core.clock import TimeLimit
from locust_push.delivery.answer import ANSWER_BYTES, NO_HEADERS, NO_HINTS, Hints, HttpAnswer, moved_to, verdict_of
from locust_push.delivery.final_answer import with_final_answers
from locust_push.delivery.headers import Credentials, CredentialsError, read_credentials, request_headers
from locust_push.delivery.server_text import masked_line
from locust_push.delivery.verdict import Retry, Verdict

if TYPE_CHECKING:
    from locust_push.delivery.sigv4 import Signer

_CHUNK = 16384
_SHORT_CONNECT = 1.0
_WORDS_FROM = 4096  # after masking and joining lines, 1 KiB of it is shown

# Exceptions of requests, those of urllib3 that it lets through, unreadable certificate files, and URLs and headers that
# cannot be sent. Any other one is a bug here; the sender catches and counts it.
_FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)

# Reason -> exceptions. The first row that fits any exception in the chain decides: a certificate error is also a
# ValueError, and every exception of requests is also an OSError.
REASONS: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    ("secret", (CredentialsError,)),
    ("timeout", (TimeoutError, requests.Timeout)),
    ("dns", (socket.gaierror,)),
    ("tls", (ssl.SSLError,)),
    ("closed", (RemoteDisconnected, ConnectionResetError, BrokenPipeError)),
    ("proxy", (requests.exceptions.ProxyError,)),
    ("request", (ValueError,)),
)


class HttpTransport:
    """Requests to the server of one ``--push-url`` over connections that are kept alive. Used by one greenlet.

    The endpoint's timeout bounds each wait for the network; ``time_limit`` bounds the attempt as a whole, which an
    answer that arrives byte by byte would otherwise never end.
    """

    def __init__(self, endpoint: HttpEndpoint, time_limit: TimeLimit, wall_clock: Callable[[], float]) -> None:
        self._endpoint = endpoint
        self._time_limit = time_limit
        self._wall_clock = wall_clock
        self._used = Credentials(None, frozenset())
        self._signer = _signer(endpoint.sigv4_region)
        self._adapter = _Adapter()
        # Determined once per URL. A Session does this for every request, which takes as long as everything else.
        self._proxies = cache(get_environ_proxies)
        if endpoint.tls.skip_verify:
            _silence_warning(endpoint.url)

    def close(self) -> None:
        """Close idle connections."""
        self._adapter.close()

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Deliver a body: exactly one attempt. Never raises."""
        answer = self.exchange(method, url, body, headers)
        return answer if isinstance(answer, Retry) else verdict_of(answer, self._wall_clock(), hints)

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        limit: int = ANSWER_BYTES,
    ) -> HttpAnswer | Retry:
        """Send one request; return the answer with at most ``limit`` bytes of body, or the failure. Never raises.

        No answer is always a reason to retry, an untrusted certificate included: the run continues and the loss is
        counted either way, certificates are renewed within minutes, and the detail names the option to change.
        """
        try:
            self._used = read_credentials(self._endpoint)
        except (OSError, ValueError) as error:
            return Retry("secret", masked_line(f"cannot read the secret: {error}"), needs_fix=True)
        answer: HttpAnswer | None = None
        try:
            with (
                self._time_limit(self._endpoint.timeout),
                self._request(method, url, body, headers) as response,
            ):
                # The status decides: even if the body never ends, the receiver has accepted the data.
                reason = self._plain(response.reason or "no error text")
                answer = HttpAnswer(response.status_code, response.headers, reason)
                answer = self._with_location(self._with_body(answer, response, limit), url)
        except _FAILURES as error:
            return answer or self._no_answer(error)
        return answer

    def _request(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        request = requests.PreparedRequest()
        # Without "Accept-Encoding: gzip" no answer unpacks to more than was read.
        sent = request_headers(self._endpoint, headers, self._used.authorization)
        request.prepare(method, url, sent, data=body, auth=self._sign)
        return self._adapter.send(
            request,
            stream=True,
            timeout=(connect_timeout(self._endpoint.timeout), self._endpoint.timeout),
            verify=_trust(self._endpoint.tls),
            cert=_identity(self._endpoint.tls),
            proxies=self._proxies(url),
        )

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request that is complete except for its signature.

        Given as ``auth`` in any case, since requests would otherwise look for a user in ``.netrc`` and replace our
        header.
        """
        if self._signer:
            body = request.body or b""
            signature = self._signer.sign(request.method or "", request.url or "", request.headers, body)
            request.headers.update(signature.headers)
            self._used = replace(self._used, secrets=self._used.secrets | signature.secrets)
        return request

    def _with_body(self, answer: HttpAnswer, response: requests.Response, limit: int) -> HttpAnswer:
        body, complete = _read(response, limit)
        start = body[:_WORDS_FROM]
        words = self._plain(start.decode(errors="replace"), cut_off=not complete or len(start) < len(body))
        return replace(answer, body=body, complete=complete, text=words or answer.text)

    def _with_location(self, answer: HttpAnswer, url: str) -> HttpAnswer:
        location = answer.headers.get("Location")
        return replace(answer, moved_to=moved_to(self._endpoint.url, url, location)) if location else answer

    def _no_answer(self, error: BaseException) -> Retry:
        chain = list(_chain(error))
        kind = next((kind for kind, types in REASONS if any(isinstance(link, types) for link in chain)), "connection")
        if any(isinstance(link, requests.ConnectTimeout) for link in chain):
            return Retry(kind, f"no connection within {connect_timeout(self._endpoint.timeout):g} s")
        if kind == "timeout":
            return Retry(kind, f"no answer within {self._endpoint.timeout:g} s")
        hint = " (trust its CA with --push-tls-ca)" if isinstance(chain[-1], ssl.SSLCertVerificationError) else ""
        # The request cannot be sent: its URL, a header, a TLS file or its AWS credentials are invalid.
        detail = self._plain(str(chain[-1]) or type(chain[-1]).__name__) + hint
        return Retry(kind, detail, needs_fix=kind in {"request", "secret"})

    def _plain(self, text: str, *, cut_off: bool = False) -> str:
        return masked_line(text, self._used.secrets, cut_off=cut_off)


class _Adapter(HTTPAdapter):
    """Connections that skip informational answers."""

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        """Return the pool of a host."""
        pool: Any = super().get_connection_with_tls_context(*arguments, **named)
        pool.ConnectionCls = with_final_answers(pool.ConnectionCls)
        return pool


def _signer(region: str | None) -> "Signer | None":
    if region is None:
        return None
    from locust_push.delivery.sigv4 import Signer  # noqa: PLC0415  # an extra that takes 40 ms; imported only to sign

    return Signer(region)


def connect_timeout(timeout: float) -> float:
    """Return the seconds that one address of a host may take to connect: a part of an attempt, so that others follow.

    A quarter, so that three addresses of a host may be unreachable; half of a short attempt, since a handshake over a
    long distance takes time.
    """
    return max(timeout / 4, min(timeout / 2, _SHORT_CONNECT))


def _trust(tls: Tls) -> bool | str:
    if tls.skip_verify:
        return False
    return tls.ca or True


def _identity(tls: Tls) -> tuple[str, str] | str | None:
    return (tls.cert, tls.key) if tls.cert and tls.key else tls.cert


def _silence_warning(url: str) -> None:
    """The user asked for it: urllib3 need not repeat this with every request. It still warns of other hosts."""
    host = re.escape(urlsplit(url).hostname or "")
    warnings.filterwarnings(
        "ignore", f"Unverified HTTPS request is being made to host '{host}'", InsecureRequestWarning
    )


def _read(response: requests.Response, limit: int) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > limit:
            return bytes(body[:limit]), False
    return bytes(body), True


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and its causes; the last one is the actual error, such as ``Connection refused``."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
