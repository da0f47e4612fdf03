"""What a receiver does with one request: how much of it is read, whether its data is kept, how it ends. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from locust_push.delivery.answer import NO_HEADERS


@dataclass(frozen=True, slots=True)
class Head:
    """A request before its body was read.

    Attributes:
        method: Such as ``POST``.
        path: As it was asked for, with its query.
        headers: Header fields by their names in small letters.
    """

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was fixed beforehand."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, until the receiver goes down."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is broken off (TCP RST)."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """The answer that a receiver in good order gives, or the one forwarded to has given."""


Ending = Reply | Hang | Reset | Genuine


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done with one request; made by :func:`accept`, :func:`answer`, :func:`hang` and :func:`reset`.

    Attributes:
        ending: What comes last.
        keeps: Whether the data counts as received, as far as the whole body was read; a proxy forwards it then.
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
"""A step, or what chooses one by the head of the request."""


def accept(*, delay: float = 0.0, bytes_per_second: float | None = None) -> Step:
    """Do what a receiver in good order does, slowly if need be; samples that are out of order are refused with 400."""
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
    """Answer so, whatever the request holds. The data counts as received where the status is 2xx."""
    return Step(
        ending=Reply(status, headers, body.encode()),
        keeps=200 <= status < 300,
        read=read,
        bytes_per_second=bytes_per_second,
        delay=delay,
    )


def hang(*, read: int | None = None) -> Step:
    """Read, and say nothing until the receiver goes down."""
    return Step(ending=Hang(), read=read)


def reset(*, read: int | None = None, stored: bool = False, delay: float = 0.0) -> Step:
    """Read, and break the connection off.

    Args:
        read: Bytes of the body; 0 breaks off before it was read, None after.
        stored: Whether the data counts as received, which its sender cannot know: it will send it again.
        delay: Seconds before.
    """
    return Step(ending=Reset(), keeps=stored, read=read, delay=delay)
