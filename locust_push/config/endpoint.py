"""The part of the configuration that one HTTP attempt needs."""

from dataclasses import field

from locust_push.config.secrets import SecretSource, SecretText
from locust_push.core.record import record


@record(frozen=True, slots=True, kw_only=True)
class Tls:
    """TLS of all HTTP targets: paths of PEM files, or None.

    Attributes:
        ca: Certificates to trust instead of the system's.
        cert: Client certificate (mTLS).
        key: Its private key; None if it is in the same file.
        skip_verify: Trust any certificate.
    """

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    skip_verify: bool = False


@record(frozen=True, slots=True, kw_only=True)
class HttpEndpoint:
    """The settings that one HTTP attempt needs.

    Attributes:
        url: Without user info.
        username: For basic authentication, with ``password``; or None.
        password: The same.
        bearer_token: For ``Authorization: Bearer``; never together with a user name.
        sigv4_region: The AWS region that requests are signed for, instead of the above; or None.
        headers: The user's headers; values masked since many are secret.
        tls: TLS files and verification.
        timeout: Seconds for one attempt.
    """

    url: str
    username: str | None = field(repr=False)  # may be a token; see Target
    password: SecretSource | None
    bearer_token: SecretSource | None
    sigv4_region: str | None = None
    headers: tuple[tuple[str, SecretText], ...]
    tls: Tls
    timeout: float

    @property
    def authenticates(self) -> bool:
        """Whether requests carry credentials, or headers that may be some."""
        return bool(self.username or self.bearer_token or self.sigv4_region or self.headers)
