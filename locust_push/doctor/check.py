"""The data types of examinations: a finding, and the server that is examined."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from locust_push.delivery.answer import Transport


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """Pushing works, but not everything does."""
    FAIL = "fail"
    """Pushing does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        name: The subject of the check.
        level: Its result.
        text: The finding, in one line.
        remedy: What to do about it; empty if there is nothing to do.
    """

    name: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The server that is examined, and the access to it.

    Attributes:
        url: Without user info.
        transport: How to reach it.
        authenticates: Whether requests have a user name, token or header for it.
        skip_verify: Whether any certificate is trusted.
        wall_clock: Seconds since the epoch.
    """

    url: str
    transport: Transport
    authenticates: bool
    skip_verify: bool
    wall_clock: Callable[[], float]
