"""Parses a ``--push-url``: the address, the protocol, and the credentials in it. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import SecretText, is_sensitive
from locust_push.config.urls import masked, user_info

_REMOTE_WRITE_ENDS = ("/write", "/push", "/receive")
"""Prometheus and VictoriaMetrics; Mimir and Grafana Cloud; Thanos."""


class Protocol(StrEnum):
    """How results are sent; remote-write without a version is 2.0, or 1.0 if the receiver does not support 2.0."""

    REMOTE_WRITE = "remote-write"
    REMOTE_WRITE_1 = "remote-write-1"
    REMOTE_WRITE_2 = "remote-write-2"
    PUSHGATEWAY = "pushgateway"
    ARCHIVE = "archive"

    @property
    def kind(self) -> "Protocol":
        """The protocol without a fixed version of remote-write: recorded data can be delivered in either version."""
        return Protocol.REMOTE_WRITE if self.startswith(Protocol.REMOTE_WRITE) else self


@dataclass(frozen=True, slots=True)
class Target:
    """One place to push to.

    Attributes:
        url: Without user info, and free of other secrets: fit for logs and the ``url`` label. A Pushgateway's ends
            without a slash; that of an archive is as it was given.
        protocol: The protocol that "auto" was resolved to, or the given one.
        username: From the URL's user info, or None.
        password: The same. None with a user name means that the password comes from the shared options.
    """

    url: str
    protocol: Protocol
    username: str | None = field(default=None, repr=False)  # some services take a token for a user name
    password: SecretText | None = None

    @property
    def directory(self) -> Path:
        """The folder of an archive, from ``file:runs``, ``file:/srv/runs`` or ``file:///srv/runs``."""
        return Path(unquote(urlsplit(self.url).path))


_AUTO = "auto"
_PROTOCOLS = {_AUTO: None} | {str(named): named for named in Protocol if named is not Protocol.ARCHIVE}


def protocol(option: str, text: str) -> Protocol | None:
    """Return the protocol that a user named for ``http`` URLs; None is ``auto``."""
    if text not in _PROTOCOLS:
        raise ConfigurationError(option, text, "is not a protocol", f"use one of {', '.join(_PROTOCOLS)}")
    return _PROTOCOLS[text]


def target(option: str, text: str, asked: Protocol | None = None) -> Target:
    """Return what a push URL means.

    Args:
        option: Name for the error.
        text: The URL, with or without user info.
        asked: The protocol of an ``http`` URL, or None to detect it by the path; ``file:`` is always an archive.

    Raises:
        ConfigurationError: Not a URL that can be pushed to; the message contains no user info.
    """
    parts = checked_parts(option, text)
    if parts.scheme == "file":
        return Target(text, Protocol.ARCHIVE)
    decided = asked or _detected(parts.path)
    if decided is Protocol.PUSHGATEWAY:
        parts = _gateway_base(option, text, parts)
    username, password = user_info(parts)
    return Target(_clean(parts), decided, username, None if password is None else SecretText(password))


def clean_url(text: str) -> str:
    """Return a checked URL without its user info."""
    parts = urlsplit(text)
    return text if parts.scheme == "file" else _clean(parts)


def checked_parts(option: str, text: str) -> SplitResult:
    """Split a URL, after the checks that are the same for all protocols.

    Raises:
        ConfigurationError: Wrong scheme, no host, bad port, fragment, blanks, or a secret where none belongs.
    """
    parts = _split(option, text)
    if "://" not in text and parts.scheme != "file":
        _refuse(option, text, "has no scheme", "write it like http://host:9090/api/v1/write or file:runs")
    if parts.scheme == "file":
        return _checked_file(option, text, parts)
    if parts.scheme not in {"http", "https"}:
        _refuse(option, text, "has an unsupported scheme", "use http, https or file")
    return _checked_http(option, text, parts)


def web_address(option: str, text: str) -> str:
    """Return the address of a web application, without a slash at its end.

    Raises:
        ConfigurationError: Not an ``http`` URL, or one with user info or a query: links that start with it are printed.
    """
    parts = checked_parts(option, text)
    if parts.scheme == "file" or parts.query or any(user_info(parts)):
        _refuse(option, text, "is not a plain web address", "write it like https://host/path, without user info")
    return text.rstrip("/")


def _split(option: str, text: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        _refuse(option, text, "contains a blank or control character", "percent-encode it")
    try:
        parts = urlsplit(text)
        _ = parts.port  # parsed on access only
    except ValueError:
        _refuse(option, text, "is not a URL", "check host and port; percent-encode / ? # @ : in user info")
    return parts


def _checked_file(option: str, text: str, parts: SplitResult) -> SplitResult:
    if parts.netloc not in {"", "localhost"}:
        _refuse(
            option, text, "names a host, but an archive is a local folder", "write it like file:runs or file:/srv/runs"
        )
    if not parts.path.strip("/") or parts.query or parts.fragment:
        _refuse(option, text, "is not a folder", "write it like file:runs or file:/srv/runs")
    return parts


def _checked_http(option: str, text: str, parts: SplitResult) -> SplitResult:
    if not parts.hostname:
        _refuse(option, text, "has no host", "write it like http://host:9090/api/v1/write")
    if parts.fragment or "@" in parts.path + parts.query:
        _refuse(option, text, "has a # or @ after the host", "percent-encode / ? # @ in user info and path")
    if any(is_sensitive(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        _refuse(option, text, "has a secret in its query", "use --push-header, --push-username or a token file")
    _check_user_info(option, text, parts)
    return parts


def _check_user_info(option: str, text: str, parts: SplitResult) -> None:
    username, password = user_info(parts)
    if password and not username:
        _refuse(option, text, "has a password without a user name", "write user:password@host")
    if username and ":" in username:  # RFC 7617, 2
        _refuse(option, text, "has a colon in its user name", "check the name: HTTP does not allow a colon in it")
    if not ((username or "") + (password or "")).isprintable():
        _refuse(option, text, "has a control character in its user info", "check the percent-encoding")


def _detected(path: str) -> Protocol:
    return Protocol.REMOTE_WRITE if path.rstrip("/").endswith(_REMOTE_WRITE_ENDS) else Protocol.PUSHGATEWAY


def _gateway_base(option: str, text: str, parts: SplitResult) -> SplitResult:
    if parts.query:
        _refuse(
            option, text, "has a query, which a Pushgateway ignores", "remove it, or use --push-protocol remote-write"
        )
    path = parts.path.rstrip("/")
    if path.endswith("/metrics") or "/metrics/job" in path:
        _refuse(option, text, "names a metrics path of a Pushgateway", "give its base URL; /metrics/job/… is added")
    return parts._replace(path=path)


def _clean(parts: SplitResult) -> str:
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _refuse(option: str, text: str, problem: str, remedy: str) -> NoReturn:
    raise ConfigurationError(option, masked(text), problem, remedy) from None
