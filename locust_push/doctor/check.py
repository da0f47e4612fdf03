"""What a finding is, and what all examinations need. Only data types."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from locust_push.delivery.answer import Transport


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """Pushing works, but something is lacking."""
    FAIL = "fail"
    """Pushing does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        name: What was looked at.
        level: How it is.
        words: What was found, in one line.
        remedy: What to do about it; empty where there is nothing to do.
    """

    name: str
    level: Level
    words: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, and with what.

    Attributes:
        url: Without user info.
        transport: How to reach it.
        authenticates: Whether requests carry a user name, token or header for it.
        skip_verify: Whether any certificate is trusted.
        wall_clock: Seconds since the epoch.
    """

    url: str
    transport: Transport
    authenticates: bool
    skip_verify: bool
    wall_clock: Callable[[], float]
