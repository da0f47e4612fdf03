"""The headers of a request and the credentials in them. Headers are built only here.

No network; a secret may be read from its file.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import field

from locust_push.config.endpoint import HttpEndpoint
from locust_push.config.secrets import is_sensitive
from locust_push.core.record import record
from locust_push.version import __version__

USER_AGENT = f"locust-push/{__version__}"
"""Remote-write 1.0 ("Protocol") demands a ``User-Agent``; server operators look for it in their access logs."""

# The HTTP client writes these itself; a second opinion would corrupt the request.
_FRAMING = frozenset({"content-length", "transfer-encoding"})


class CredentialsError(ValueError):
    """A request cannot be authenticated; ``str()`` has the reason, without a secret."""


@record(frozen=True, slots=True)
class Credentials:
    """The credentials of one attempt.

    Attributes:
        authorization: The ``Authorization`` header, or None.
        secrets: Texts that must not appear in logs or errors.
    """

    authorization: str | None = field(repr=False)
    secrets: frozenset[str] = field(repr=False)


def read_credentials(endpoint: HttpEndpoint) -> Credentials:
    """Read the current secrets: bearer (RFC 6750 section 2.1) or basic (RFC 7617, UTF-8) authentication.

    Raises:
        OSError: A file with a secret cannot be read.
        ValueError: It does not hold a secret.
    """
    sensitive = [value.read() for name, value in endpoint.headers if is_sensitive(name)]
    shown = {word for value in sensitive for word in (value, *value.split())}
    if endpoint.bearer_token is not None:
        token = endpoint.bearer_token.read()
        return Credentials(f"Bearer {token}", frozenset({token, *shown}))
    if endpoint.username is not None:
        password = endpoint.password.read() if endpoint.password else ""
        basic = b64encode(f"{endpoint.username}:{password}".encode()).decode()
        # Without a password the name is often a token: https://TOKEN:@host.
        return Credentials(f"Basic {basic}", frozenset({password or endpoint.username, basic, *shown}))
    return Credentials(None, frozenset(shown))


def request_headers(endpoint: HttpEndpoint, protocol: Mapping[str, str], authorization: str | None) -> dict[str, str]:
    """Return all headers of a request: the protocol's and our own, and those of the user that do not replace them."""
    own = {"User-Agent": USER_AGENT, **protocol}
    if authorization is not None:
        own["Authorization"] = authorization
    taken = _FRAMING.union(name.lower() for name in own)
    return own | {name: value.read() for name, value in endpoint.headers if name.lower() not in taken}
