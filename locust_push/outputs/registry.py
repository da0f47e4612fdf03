"""The list of destinations, and the choice of the destination of a URL."""

from collections.abc import Sequence
from urllib.parse import SplitResult

from locust_push.config.errors import ConfigurationError
from locust_push.config.targets import HTTP_SCHEMES, Target, split_url
from locust_push.outputs.archive.destination import ArchiveDestination
from locust_push.outputs.destination import Destination
from locust_push.outputs.otlp import refuse_otlp
from locust_push.outputs.pushgateway.destination import PushgatewayDestination
from locust_push.outputs.remote_write.destination import RemoteWriteDestination

AUTO = "auto"
"""The value of ``--push-protocol`` that decides by the URL."""

DESTINATIONS: list[Destination] = [
    ArchiveDestination(),
    RemoteWriteDestination(),
    PushgatewayDestination(),  # the last: it recognizes every http URL
]
"""All destinations, in the order in which they are tried for a URL."""


def protocols() -> Sequence[str]:
    """The values of ``--push-protocol``; destinations with their own scheme need none."""
    return (AUTO, *(name for one in DESTINATIONS if one.schemes & HTTP_SCHEMES for name in one.protocols))


def protocol(option: str, text: str) -> str:
    """Return a value of ``--push-protocol``.

    Raises:
        ConfigurationError: There is no such protocol.
    """
    if text not in protocols():
        raise ConfigurationError(option, text, "is not a protocol", f"use one of {', '.join(protocols())}")
    return text


def check_url(option: str, text: str) -> SplitResult:
    """Return a URL split, after the checks that do not depend on the protocol.

    Raises:
        ConfigurationError: No destination has such URLs.
    """
    parts = split_url(option, text, {scheme for one in DESTINATIONS for scheme in one.schemes})
    if parts.scheme not in HTTP_SCHEMES:
        _target(option, text, parts, AUTO)
    return parts


def target(option: str, text: str, asked: str = AUTO) -> Target:
    """Return the target of a URL.

    Args:
        option: Name for the error.
        text: The URL, with or without user info.
        asked: A value of ``--push-protocol``, which decides for ``http`` URLs only.

    Raises:
        ConfigurationError: The URL cannot be pushed to; the message contains no user info.
    """
    return _target(option, text, check_url(option, text), asked)


def _target(option: str, text: str, parts: SplitResult, asked: str) -> Target:
    if asked != AUTO and parts.scheme in HTTP_SCHEMES:
        return destination_of(asked).target(option, text, parts, asked)
    if parts.scheme in HTTP_SCHEMES:
        refuse_otlp(option, text, parts)
    found = next(one for one in DESTINATIONS if parts.scheme in one.schemes and one.recognizes(parts))
    return found.target(option, text, parts, found.protocols[0])


def destination_of(protocol_name: str) -> Destination:
    """Return the destination of a protocol.

    Raises:
        LookupError: There is none with that name.
    """
    for one in DESTINATIONS:
        if protocol_name in one.protocols:
            return one
    raise LookupError(f"no destination has the protocol {protocol_name!r}")
