"""Parameter types that several commands share: the checks of :mod:`locust_push.config` as click callbacks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from locust_push.config.errors import ConfigurationError
from locust_push.config.values import positive_duration
from locust_push.outputs.archive.destination import ARCHIVE, folder_of
from locust_push.outputs.registry import target

F = TypeVar("F", bound=Callable[..., Any])

Check = Callable[[str, str], Any]
"""Takes the option's name and a text.

Raises :class:`~locust_push.config.errors.ConfigurationError` if the text is not a valid value of the option.
"""


def checked(check: Check) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return a callback for an option that checks its value, or each of them; a bad one ends with code 2."""

    def callback(_ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        name = param.opts[0]
        try:
            return tuple(check(name, text) for text in value) if isinstance(value, tuple) else check(name, value)
        except ConfigurationError as error:
            raise click.BadParameter(error.detail) from None

    return callback


def checked_if_given(check: Check) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return the same for an option without a default: None where it has no value, or an empty one."""
    callback = checked(check)
    return lambda ctx, param, text: callback(ctx, param, text) if text else None


def from_option(check: Check, help_text: str) -> Callable[[F], F]:
    """Return the option for the place that runs are read from; ``check`` converts its value."""
    return click.option(
        "--from",
        "source",
        callback=checked(check),
        required=True,
        envvar="LOCUST_PUSH_FROM",
        show_envvar=True,
        metavar="URL",
        help=help_text,
    )


def push_url(option: str, text: str) -> str:
    """Return a push URL with its user info; for an archive, with the absolute path of its folder.

    Raises:
        ConfigurationError: It cannot be pushed to.
    """
    place = target(option, text)
    return folder_of(place).resolve().as_uri() if place.protocol == ARCHIVE else text


def age(option: str, text: str) -> float:
    """Return seconds, from a duration in Locust's syntax or in days: ``30d``.

    Raises:
        ConfigurationError: The text is not a duration.
    """
    days = text.strip().removesuffix("d")
    if days != text.strip() and days.isdecimal():
        return 86400.0 * int(days)
    return positive_duration(option, text)


def source_url(option: str, text: str) -> str:
    """Return the URL of a query API or an archive, as it was given.

    Raises:
        ConfigurationError: It is neither.
    """
    if target(option, text).protocol == ARCHIVE:
        archive(option, text)
    return text


def archive(option: str, text: str) -> Path:
    """Return the folder of an archive, from ``file:DIR``.

    Raises:
        ConfigurationError: It is something else, or does not exist.
    """
    place = target(option, text)
    if place.protocol != ARCHIVE:
        raise ConfigurationError(option, place.url, "is no archive", "write it like file:DIR")
    folder = folder_of(place)
    if not folder.is_dir():
        raise ConfigurationError(option, text, "is not an existing folder", "check the path")
    return folder
