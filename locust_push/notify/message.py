"""Messages, in plain text: the one form that every channel shows, with its links."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How good or bad it is; channels that can show it as a colour or sign. The values are Apprise's."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        title: One line.
        text: Lines of plain text.
        kind: How good or bad the news is.
    """

    title: str
    text: str
    kind: Kind = Kind.INFO
