"""What is told. Plain text: the one form that every channel shows, with its links."""

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
        kind: Of what it tells.
    """

    title: str
    text: str
    kind: Kind = Kind.INFO
