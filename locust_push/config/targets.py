"""Targets: what all URLs that results are pushed to or read from have in common. Pure.

The particulars of each destination, such as the paths that identify its URLs, are in ``outputs/``.
"""

from collections.abc import Collection
from dataclasses import field
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import SecretText, is_sensitive
from locust_push.config.urls import masked, user_info
from locust_push.core.record import record

HTTP_SCHEMES = frozenset({"http", "https"})


@record(frozen=True, slots=True)
class Target:
    """One place to push to, or to read from.

    Attributes:
        url: Without user info, and free of other secrets: fit for logs and the ``url`` label.
        protocol: Never "auto": the name of a destination, or of one version of its protocol.
        username: From the URL's user info, or None.
        password: The same. None with a user name means that the password comes from the shared options.
    """

    url: str
    protocol: str
    username: str | None = field(default=None, repr=False)  # some services take a token for a user name
    password: SecretText | None = None

    @property
    def is_http(self) -> bool:
        """Whether it is reached over HTTP, which may need credentials and TLS."""
        return urlsplit(self.url).scheme in HTTP_SCHEMES


def http_target(parts: SplitResult, protocol: str) -> Target:
    """Return the target of a checked HTTP URL, with user info separated from the URL."""
    username, password = user_info(parts)
    return Target(_clean(parts), protocol, username, None if password is None else SecretText(password))


def clean_url(text: str) -> str:
    """Return a checked URL without its user info."""
    parts = urlsplit(text)
    return _clean(parts) if parts.scheme in HTTP_SCHEMES else text


def split_url(option: str, text: str, schemes: Collection[str] = HTTP_SCHEMES) -> SplitResult:
    """Return a URL split, after the checks that hold for every destination.

    Raises:
        ConfigurationError: None of the schemes, no host, bad port, fragment, blanks, or a secret where none belongs.
    """
    parts = _split(option, text)
    if "://" not in text and parts.scheme not in set(schemes) - HTTP_SCHEMES:
        refuse_url(option, text, "has no scheme", "write it like http://host:9090/api/v1/write or file:runs")
    if parts.scheme not in schemes:
        *others, last = sorted(schemes, key=lambda scheme: (scheme not in HTTP_SCHEMES, scheme))
        refuse_url(option, text, "has an unsupported scheme", f"use {', '.join(others)} or {last}")
    if parts.scheme in HTTP_SCHEMES:
        _check_http(option, text, parts)
    return parts


def web_address(option: str, text: str) -> str:
    """Return the address of a web application, without a slash at its end.

    Raises:
        ConfigurationError: Not an ``http`` URL, or one with user info or a query: links that start with it are printed.
    """
    parts = split_url(option, text)
    if parts.query or any(user_info(parts)):
        refuse_url(option, text, "is not a plain web address", "write it like https://host/path, without user info")
    return text.rstrip("/")


def refuse_url(option: str, text: str, problem: str, remedy: str) -> NoReturn:
    """Raise the error for a URL that cannot be used; its user info and query are masked.

    Raises:
        ConfigurationError: Always.
    """
    raise ConfigurationError(option, masked(text), problem, remedy) from None


def _split(option: str, text: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        refuse_url(option, text, "contains a blank or control character", "percent-encode it")
    try:
        parts = urlsplit(text)
        _ = parts.port  # parsed on access only
    except ValueError:
        refuse_url(option, text, "is not a URL", "check host and port; percent-encode / ? # @ : in user info")
    return parts


def _check_http(option: str, text: str, parts: SplitResult) -> None:
    if not parts.hostname:
        refuse_url(option, text, "has no host", "write it like http://host:9090/api/v1/write")
    if parts.fragment or "@" in parts.path + parts.query:
        refuse_url(option, text, "has a # or @ after the host", "percent-encode / ? # @ in user info and path")
    if any(is_sensitive(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        refuse_url(option, text, "has a secret in its query", "use --push-header, --push-username or a token file")
    _check_user_info(option, text, parts)


def _check_user_info(option: str, text: str, parts: SplitResult) -> None:
    username, password = user_info(parts)
    if password and not username:
        refuse_url(option, text, "has a password without a user name", "write user:password@host")
    if username and ":" in username:  # RFC 7617, 2
        refuse_url(option, text, "has a colon in its user name", "check the name: HTTP does not allow a colon in it")
    if not ((username or "") + (password or "")).isprintable():
        refuse_url(option, text, "has a control character in its user info", "check the percent-encoding")


def _clean(parts: SplitResult) -> str:
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
