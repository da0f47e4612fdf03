"""Messages in plain text, which every channel can show."""

from enum import StrEnum

from locust_push.core.record import record
from locust_push.delivery.server_text import shorten

_CUT_OFF = "\n… (cut off: longer than a message may be)"


class ChannelError(Exception):
    """A message was not sent; ``str()`` has the reason, without secrets."""


class Kind(StrEnum):
    """The meaning of a message, which some channels show as a colour or sign. The values are Apprise's."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@record(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        title: One line.
        text: Lines of plain text.
        kind: The meaning of the message.
    """

    title: str
    text: str
    kind: Kind = Kind.INFO


def cut_off(text: str, limit: int) -> str:
    """Return a text of at most ``limit`` bytes of UTF-8 that says where it was cut off."""
    if len(text.encode(errors="replace")) <= limit:
        return text
    return f"{shorten(text, limit - len(_CUT_OFF.encode()))}{_CUT_OFF}"
