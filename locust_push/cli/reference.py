"""docs/cli.md: what every command says of itself. ``python -m locust_push.cli.reference`` prints it."""

import click

from locust_push.cli.main import COMMANDS, main

_WIDTH = 110

_HEAD = """# Command line

What `locust-push COMMAND --help` says, printed by `python -m locust_push.cli.reference`. `locust-push run` takes the
arguments of Locust and those in [options.md](options.md).
"""


def markdown() -> str:
    """Return the document."""
    context = click.Context(main, info_name="locust-push", terminal_width=_WIDTH, **main.context_settings)
    parts = [_HEAD]
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is not None and name != "run":
            inner = click.Context(command, context, info_name=name, terminal_width=_WIDTH)
            parts.append(f"## locust-push {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    click.echo(markdown(), nl=False)
