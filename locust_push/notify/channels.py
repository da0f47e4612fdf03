"""Opens channels by their URLs, and sends by Apprise. The only file that imports Apprise, on first use."""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from locust_push.config.channels import masked_channel, scheme
from locust_push.config.errors import ConfigurationError
from locust_push.delivery.server_text import masked_line
from locust_push.notify.message import ChannelError, Message, cut_off
from locust_push.notify.robots import MAX_BYTES, ROBOTS, RobotChannel, robot_address

_SHORTEST_SECRET = 6
"""Characters. Shorter parts of a URL are ports, modes and host names, which an error may show."""

_TALKATIVE = ("apprise", "urllib3.connectionpool")
"""Loggers that write whole URLs, tokens included, when Locust's log level is DEBUG."""


class Channel(Protocol):
    """A channel that messages are sent to."""

    @property
    def name(self) -> str:
        """Its name in logs and metrics: ``slack``, ``slack-2``."""
        ...

    def send(self, message: Message) -> None:
        """Send a message: exactly one attempt.

        Raises:
            ChannelError: It was not accepted.
        """
        ...


def open_channels(option: str, urls: Sequence[str]) -> list[Channel]:
    """Return the channels that the URLs name; nothing is sent or connected yet.

    Raises:
        ConfigurationError: Apprise is not installed, or does not understand one of them; it names ``option``.
    """
    seen: Counter[str] = Counter()
    channels: list[Channel] = []
    for url in urls:
        kind = scheme(url)
        seen[kind] += 1
        name = kind if seen[kind] == 1 else f"{kind}-{seen[kind]}"
        channels.append(_open_channel(option, name, url))
    return channels


def _open_channel(option: str, name: str, url: str) -> Channel:
    if robot := ROBOTS.get(scheme(url)):
        return RobotChannel(name, robot, robot_address(option, url))
    return AppriseChannel(name, _service(_apprise(option), option, url), url)


class AppriseChannel:
    """A channel by one of Apprise's services."""

    def __init__(self, name: str, service: Any, url: str) -> None:
        self.name = name
        self._service = service
        # The size that the service accepts, according to Apprise; it refuses longer messages, or cuts them off.
        self._limit = min((int(one.body_maxlen) for one in service), default=MAX_BYTES)
        self._secrets = [piece for piece in re.split(r"[/:@?&=]+", url)[1:] if len(piece) >= _SHORTEST_SECRET]

    def __repr__(self) -> str:
        return f"<AppriseChannel {self.name}>"

    def send(self, message: Message) -> None:
        """Send a message: exactly one attempt, in which each wait for the network is bounded by some seconds.

        Raises:
            ChannelError: The service did not accept it.
        """
        with _overheard() as words:
            try:
                body = cut_off(message.text, self._limit - len(message.title.encode()))
                sent = self._service.notify(
                    title=message.title, body=body, notify_type=str(message.kind), body_format="text"
                )
            except Exception as error:  # noqa: BLE001  # see below
                # Over a hundred services, each with its own libraries: whatever one of them raises, the message was not
                # sent.
                raise ChannelError(self._plain(f"{type(error).__name__}: {error}")) from None
        if not sent:
            raise ChannelError(self._plain(" ".join(words) or "the service did not accept it, and gave no reason"))

    def _plain(self, text: str) -> str:
        return masked_line(text, self._secrets)


def _apprise(option: str) -> Any:
    try:
        import apprise  # noqa: PLC0415  # an extra that takes 200 ms; imported only if it is used
    except ImportError:
        remedy = "pip install 'locust-push[notify]'"
        raise ConfigurationError(option, None, "needs Apprise, which is not installed", remedy) from None
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if _FILTER not in logger.filters:
            logger.addFilter(_FILTER)
    return apprise


def _service(apprise: Any, option: str, url: str) -> Any:
    service = apprise.Apprise()
    with _overheard():
        understood = service.add(url)
    if not understood:
        remedy = "compare it with its page at https://appriseit.com/services/"
        raise ConfigurationError(option, masked_channel(url), "is not valid for Apprise", remedy)
    return service


_words: ContextVar[list[str] | None] = ContextVar("locust_push_overheard", default=None)


class _Overhear(logging.Filter):
    """Keeps log messages of Apprise and its libraries, with secrets in them, out of the log, and collects warnings."""

    def filter(self, record: logging.LogRecord) -> bool:
        words = _words.get()
        if words is None:
            return True
        if record.levelno >= logging.WARNING:
            words.append(record.getMessage())
        return False


_FILTER = _Overhear()


@contextmanager
def _overheard() -> Iterator[list[str]]:
    words: list[str] = []
    token = _words.set(words)
    try:
        yield words
    finally:
        _words.reset(token)
