"""HTTP answers without the informational ones before them.

``http.client`` skips only ``100 Continue`` and treats any other 1xx as the answer, although clients must skip all but
101 (RFC 9110, section 15.2). Proxies send ``103 Early Hints`` (RFC 8297).
"""

from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse


class FinalAnswer(HTTPResponse):
    """Reads up to the final answer; the caller bounds the wait."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # not in typeshed: the only hook
        informational = HTTPStatus.CONTINUE <= status < HTTPStatus.OK and status != HTTPStatus.SWITCHING_PROTOCOLS
        return version, HTTPStatus.CONTINUE if informational else status, reason


@cache
def with_final_answers(connection: type[HTTPConnection]) -> type[HTTPConnection]:
    """Return a subclass of a connection class that skips informational answers."""
    return type(connection.__name__, (connection,), {"response_class": FinalAnswer})
