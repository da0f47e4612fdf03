"""What somebody typed into Locust's start form, where it cannot be used."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from locust_push.config.errors import ConfigurationError
from locust_push.options.resolve import form_values
from locust_push.options.table import OPTIONS, Option

FORM = {option.flag: option for option in OPTIONS if option.in_web_ui}


def checked_values(options: Namespace | None) -> dict[str, Any]:
    """Return the values of the options in the form before anybody has used it."""
    return {option.dest: getattr(options, option.dest, None) for option in FORM.values()}


def correct(options: Namespace, error: ConfigurationError, checked: Mapping[str, Any]) -> bool:
    """Remove from ``options`` what an error is about; return whether it came from the form.

    Of a list only the value with the mistake is removed. All else, and what does not help, becomes as it is in
    ``checked``, which are the values from before anybody used the form.
    """
    option = FORM.get(error.option)
    if option is None or getattr(options, option.dest, None) == checked.get(option.dest):
        return False
    kept = _without(getattr(options, option.dest), option, error.value or "") if option.repeatable else None
    setattr(options, option.dest, checked.get(option.dest) if kept is None else kept)
    return True


def _without(raw: str | list[str], option: Option, mistake: str) -> list[str] | None:
    """Return the values but those that are, or whose name is, the mistake; None where none is."""
    given = [value for piece in form_values(raw) for value in option.split(piece)]
    kept = [value for value in given if mistake not in {value, value.partition("=")[0].strip()}]
    return kept if len(kept) < len(given) else None
