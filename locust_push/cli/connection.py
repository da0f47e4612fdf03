"""The connection options of commands: the same as those of a run, from the same table, as options of click."""

import os
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import click

from locust_push.config.errors import ConfigurationError
from locust_push.config.targets import Target
from locust_push.core.system import alarm_limit
from locust_push.options.resolve import settings_from_options
from locust_push.options.settings import Settings
from locust_push.options.table import BY_NAME, Option
from locust_push.options.vault import Vault
from locust_push.outputs.destination import Access, Destination
from locust_push.outputs.registry import destination_of

F = TypeVar("F", bound=Callable[..., Any])

CONNECTION = (
    "protocol",
    "header",
    "username",
    "password-file",
    "bearer-token-file",
    "sigv4-region",
    "tls-ca",
    "tls-cert",
    "tls-key",
    "tls-skip-verify",
    "timeout",
)
"""Options for connecting to a URL, without the URL itself."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One URL and its connection settings.

    Attributes:
        target: The parsed URL.
        settings: All settings.
    """

    target: Target
    settings: Settings

    @property
    def destination(self) -> Destination:
        """The destination of the URL."""
        return destination_of(self.target.protocol)

    def access(self) -> Access:
        """Return access to it; the ``with`` block closes connections."""
        return Access(self.target, self.settings.endpoint(self.target), alarm_limit, time.time)

    def require(self, protocol: str, remedy: str) -> None:
        """End with code 2 if the URL is not of this protocol."""
        if self.target.protocol != protocol:
            raise click.UsageError(f"{self.target.url} is read as {self.destination.title}; {remedy}")


def connection_options(url_help: str | None = None, names: Sequence[str] = CONNECTION) -> Callable[[F], F]:
    """Add options by name; before them ``--push-url``, if there is a help text for it."""
    options = [BY_NAME[name] for name in names]
    if url_help is not None:
        options.insert(0, replace(BY_NAME["url"], help=url_help))

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = click.option(option.flag, option.dest, **_attributes(option))(command)
        return command

    return decorate


def connect(urls: Sequence[str], given: dict[str, Any]) -> Connection:
    """Return the connection that the options of :func:`connection_options` describe.

    Raises:
        click.UsageError: There is not exactly one URL, or it cannot be used.
    """
    if len(urls) != 1:
        problem = "is missing" if not urls else "is given more than once"
        raise click.UsageError(f"--push-url {problem}: give exactly one URL")
    options = Namespace(**{**given, BY_NAME["url"].dest: list(urls)})
    try:
        settings = settings_from_options(options, environ=os.environ, hostname="", pid=os.getpid(), vault=Vault())
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    if settings is None:
        raise click.UsageError("--push-url is empty: give exactly one URL")
    return Connection(settings.targets[0], settings)


class _Text(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """The text of an option, checked; from the environment as Locust reads it."""

    name = "text"

    def __init__(self, option: Option) -> None:
        self._option = option

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        try:
            if text:
                self._option.parse(text)
        except ConfigurationError as error:
            self.fail(error.detail, param, ctx)
        return text

    def split_envvar_value(self, rv: str) -> list[str]:
        if rv.startswith("[") and rv.endswith("]"):
            return [piece.strip(" \"'") for piece in rv[1:-1].split(",")]
        return self._option.split(rv)


def _attributes(option: Option) -> dict[str, Any]:
    common = {"envvar": option.env_var, "help": option.help, "show_envvar": True}
    if option.metavar is None:
        return {**common, "is_flag": True}
    return {
        **common,
        "type": _Text(option),
        "metavar": option.metavar,
        "default": option.default,
        "show_default": option.default is not None,
        "multiple": option.repeatable,
    }
