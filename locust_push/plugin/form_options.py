"""The options that Locust's web form changes: a value that cannot be used gives way to the one that it replaced."""

import argparse
from typing import Any

from locust_push.options.table import OPTIONS


class FormOptions:
    """Those options as the command line gave them, which was checked before the web UI opened."""

    def __init__(self) -> None:
        self._given: dict[str, tuple[str, Any]] = {}

    def keep(self, options: argparse.Namespace | None) -> None:
        """Remember them."""
        shown = [option for option in OPTIONS if option.in_web_ui]
        self._given = {option.flag: (option.dest, getattr(options, option.dest, None)) for option in shown}

    def restore(self, flag: str, options: argparse.Namespace | None) -> bool:
        """Undo what the form made of an option; return whether there was something to undo."""
        dest, given = self._given.get(flag, (flag, None))
        if options is None or getattr(options, dest, None) == given:
            return False
        setattr(options, dest, given)
        return True
