"""Handles invalid values in Locust's start form."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from locust_push.config.errors import ConfigurationError
from locust_push.options.resolve import form_values
from locust_push.options.table import OPTIONS, Option

FORM = {option.flag: option for option in OPTIONS if option.in_web_ui}


def checked_values(options: Namespace | None) -> dict[str, Any]:
    """Return the values of the options in the form before its first use."""
    return {option.dest: getattr(options, option.dest, None) for option in FORM.values()}


def correct(options: Namespace, error: ConfigurationError, checked: Mapping[str, Any]) -> bool:
    """Remove the value that an error is about from ``options``; return whether it came from the form.

    Of a list only the invalid value is removed. If that is not possible, the option gets its value in ``checked``, the
    values before the first use of the form.
    """
    option = FORM.get(error.option)
    if option is None or getattr(options, option.dest, None) == checked.get(option.dest):
        return False
    kept = _without(getattr(options, option.dest), option, error.value or "") if option.repeatable else None
    setattr(options, option.dest, checked.get(option.dest) if kept is None else kept)
    return True


def _without(raw: str | list[str], option: Option, mistake: str) -> list[str] | None:
    """Return the values without those that are, or whose name is, the invalid text; None if none is."""
    given = [value for piece in form_values(raw) for value in option.split(piece)]
    kept = [value for value in given if mistake not in {value, value.partition("=")[0].strip()}]
    return kept if len(kept) < len(given) else None
