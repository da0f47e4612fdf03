"""The command ``locust-push``: one file per command, with a function of the same name.

A file is imported when its command is called, so that no command waits for the imports of the others.
"""

import importlib

import click

from locust_push.core.hot_path.selection import HOT_PATH
from locust_push.version import PROTOCOLS, __version__

COMMANDS = (
    "bridge",
    "compare",
    "demo",
    "doctor",
    "export",
    "gate",
    "init",
    "prune",
    "replay",
    "report",
    "run",
    "runs",
    "show",
    "trend",
)
"""All commands, in the order of the help."""


class _Commands(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"locust_push.cli.{name}"), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    __version__,
    prog_name="locust-push",
    message=f"%(prog)s, version %(version)s, hot path {HOT_PATH}\n"
    + "\n".join(f"{name} {versions}" for name, versions in PROTOCOLS.items()),
)
def main() -> None:
    """Push Locust's results to Prometheus, and compare runs."""
