"""What delivery asks of the settings of one ``--push-url``, and the headers and credentials made of them.

The one place where request headers are built. No network; a secret may be read from its file.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Protocol

from locust_push import __version__
from locust_push.settings.secret import is_sensitive

USER_AGENT = f"locust-push/{__version__}"
"""Remote-write 1.0 ("Protocol") demands a ``User-Agent``; server operators look for it in their access logs."""

StrPath = str | PathLike[str]

# The HTTP client writes these itself; a second opinion would corrupt the request.
_FRAMING = frozenset({"content-length", "transfer-encoding"})


class SecretSource(Protocol):
    """Where a secret comes from."""

    def read(self) -> str:
        """The secret as it is now; a file may have been replaced. Raises ``OSError`` or ``ValueError``."""
        ...


class TlsOptions(Protocol):
    """The ``--push-tls-…`` options."""

    @property
    def ca(self) -> StrPath | None:
        """PEM file or folder with the certificates to trust instead of the usual ones."""
        ...

    @property
    def cert(self) -> StrPath | None:
        """PEM file with the client certificate."""
        ...

    @property
    def key(self) -> StrPath | None:
        """PEM file with its key, unless that is in ``cert``."""
        ...

    @property
    def skip_verify(self) -> bool:
        """Whether to trust any server."""
        ...


class HttpEndpoint(Protocol):
    """What requests to one ``--push-url`` need besides the URL."""

    @property
    def username(self) -> str | None:
        """User name for basic authentication."""
        ...

    @property
    def password(self) -> SecretSource | None:
        """Its password."""
        ...

    @property
    def bearer_token(self) -> SecretSource | None:
        """Bearer token; goes before a user name if both are given."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, SecretSource]]:
        """The user's own headers; a value may be a secret."""
        ...

    @property
    def tls(self) -> TlsOptions:
        """Whom to trust and who we are."""
        ...

    @property
    def timeout(self) -> float:
        """The longest that one whole attempt may take, in seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one attempt proves itself with.

    Attributes:
        authorization: The ``Authorization`` header, or None.
        secrets: Texts that no log and no error may show.
    """

    authorization: str | None = field(repr=False)
    secrets: frozenset[str] = field(repr=False)


def read_credentials(endpoint: HttpEndpoint) -> Credentials:
    """Read the secrets as they are now: bearer (RFC 6750 section 2.1) or basic (RFC 7617, UTF-8) authentication.

    Raises:
        OSError: A file with a secret cannot be read.
        ValueError: What it holds is not text.
    """
    sensitive = [value.read() for name, value in endpoint.headers if is_sensitive(name)]
    shown = {word for value in sensitive for word in (value, *value.split())}
    if endpoint.bearer_token is not None:
        token = endpoint.bearer_token.read()
        return Credentials(f"Bearer {token}", frozenset({token, *shown}))
    if endpoint.username is not None:
        password = endpoint.password.read() if endpoint.password else ""
        basic = b64encode(f"{endpoint.username}:{password}".encode()).decode()
        return Credentials(f"Basic {basic}", frozenset({password, basic, *shown}))
    return Credentials(None, frozenset(shown))


def request_headers(endpoint: HttpEndpoint, protocol: Mapping[str, str], authorization: str | None) -> dict[str, str]:
    """All headers of a request: the protocol's and our own, and those of the user that replace none of them."""
    own = {"User-Agent": USER_AGENT, **protocol}
    if authorization is not None:
        own["Authorization"] = authorization
    taken = _FRAMING.union(name.lower() for name in own)
    return own | {name: value.read() for name, value in endpoint.headers if name.lower() not in taken}
