"""Adds the options to Locust's argument parser, a ``configargparse`` one that also reads environment and files."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import MASK
from locust_push.options.table import OPTIONS, Option, ParsedText
from locust_push.options.vault import PROCESS_VAULT, Vault

_TITLE = "Push options (locust-push)"
# Locust's help formatter leaves line breaks in descriptions alone.
_DESCRIPTION = """Push results to Prometheus while the test runs. Each option is also an environment variable,
LOCUST_PUSH_…, and a key of Locust's configuration files, push-…. Workers get them from the master."""

_REFUSED = {"--push-password": "LOCUST_PUSH_PASSWORD", "--push-bearer-token": "LOCUST_PUSH_BEARER_TOKEN"}
"""Options that users try, and the environment variable to use instead. If argparse did not know these, it would take
them for abbreviations of the file options, and the secret for a path."""


def add_options(parser: argparse.ArgumentParser, vault: Vault = PROCESS_VAULT) -> None:
    """Add the option group. Parsed values are plain text and free of secrets; a bad one is an argparse error, exit 2.

    Args:
        parser: Locust's, from its ``init_command_line_parser`` event.
        vault: Keeps the secrets that values contain.
    """
    group = parser.add_argument_group(_TITLE, _DESCRIPTION)
    for option in OPTIONS:
        action = group.add_argument(option.flag, **_arguments(option, vault))
        _show_in_web_ui(action, option)
    for flag, variable in _REFUSED.items():
        group.add_argument(flag, help=argparse.SUPPRESS, default=argparse.SUPPRESS, type=_refusal(flag, variable))


def _refusal(flag: str, variable: str) -> Callable[[str], str]:
    def refuse(_: str) -> NoReturn:
        message = f"{MASK!r}: would show the secret in the process list; set {variable}, or use {flag}-file"
        raise argparse.ArgumentTypeError(message)

    return refuse


def _arguments(option: Option, vault: Vault) -> dict[str, Any]:
    common = {"dest": option.dest, "env_var": option.env_var, "help": _help(option)}
    if option.metavar is None:
        return {**common, "action": "store_true"}
    return {
        **common,
        "action": "append" if option.repeatable else "store",
        "default": option.default,
        "metavar": f"<{option.metavar.lower()}>",
        "type": _argument_type(option, vault),
    }


def _help(option: Option) -> str:
    default = option.default or option.default_text
    return (f"{option.help} Default: {default}." if default else option.help).replace("%", "%%")


def _argument_type(option: Option, vault: Vault) -> Callable[[str], str]:
    """Return the function that argparse calls for each value: it checks a text, and returns it without secrets.

    The value stays text, and several values stay in one text, because Locust sends it in messages and shows it in its
    web form. An empty text counts as not set, since CI systems and compose files leave variables out that way.
    """

    def checked(text: str) -> str:
        try:
            cleaned = [_cleaned(option, vault, value) for value in option.split(text)]
            return ParsedText((option.separator or " ").join(cleaned))
        except ConfigurationError as error:
            raise argparse.ArgumentTypeError(error.detail) from None

    return checked


def _cleaned(option: Option, vault: Vault, value: str) -> str:
    option.parse(value)
    return vault.hide(option, value)


def _show_in_web_ui(action: argparse.Action, option: Option) -> None:
    """Set what Locust's own ``add_argument`` sets; the one of a group does not take these as arguments."""
    vars(action).update(include_in_web_ui=option.in_web_ui, is_secret=False, is_required=False, is_multiple=False)
