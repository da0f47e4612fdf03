"""Steps: how a receiver handles one request: how much it reads, whether it keeps the data, and its answer. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from locust_push.delivery.answer import NO_HEADERS


@dataclass(frozen=True, slots=True)
class Head:
    """A request before its body was read.

    Attributes:
        method: Such as ``POST``.
        path: As requested, with its query.
        headers: Header fields, by lower-case name.
    """

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A fixed answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it says that the data was stored."""
        return self.status < 300


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, until the receiver goes down."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset (TCP RST)."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """The answer of a regular receiver, or of the server that the request was forwarded to."""


Ending = Reply | Hang | Reset | Genuine


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How one request is handled; returned by :func:`accept`, :func:`answer`, :func:`hang` and :func:`reset`.

    Attributes:
        ending: The answer, or what happens instead.
        keeps: Whether the data counts as received, if the whole body was read, and is forwarded.
        read: How many bytes of the body are read; None is all.
        bytes_per_second: How fast it is read; None is as fast as possible.
        delay: Seconds between reading and the ending.
    """

    ending: Ending
    keeps: bool = False
    read: int | None = None
    bytes_per_second: float | None = None
    delay: float = 0.0


Behaviour = Step | Callable[[Head], Step]
"""A step, or a function that chooses one by the head of the request."""


def accept(*, delay: float = 0.0, bytes_per_second: float | None = None) -> Step:
    """Answer as a regular receiver, slowly if asked to; out-of-order samples are refused with 400."""
    return Step(ending=Genuine(), keeps=True, delay=delay, bytes_per_second=bytes_per_second)


def answer(
    status: int,
    body: str = "",
    *,
    headers: Mapping[str, str] = NO_HEADERS,
    delay: float = 0.0,
    read: int | None = None,
    bytes_per_second: float | None = None,
) -> Step:
    """Give this answer to any request. The data counts as received if the status is 2xx."""
    return Step(
        ending=Reply(status, headers, body.encode()),
        keeps=200 <= status < 300,
        read=read,
        bytes_per_second=bytes_per_second,
        delay=delay,
    )


def hang(*, read: int | None = None) -> Step:
    """Read the request, and do not answer until the receiver goes down."""
    return Step(ending=Hang(), read=read)


def reset(*, read: int | None = None, stored: bool = False, delay: float = 0.0) -> Step:
    """Read, and reset the connection.

    Args:
        read: Bytes of the body to read before; None for all.
        stored: Whether the data counts as received, which its sender cannot know: it sends it again.
        delay: Seconds before.
    """
    return Step(ending=Reset(), keeps=stored, read=read, delay=delay)
