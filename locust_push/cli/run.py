"""``locust-push run``: Locust with the plugin, without a change to the locustfile."""

import sys

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": [], "allow_interspersed_args": False}
)
@click.argument("locust_arguments", nargs=-1, type=click.UNPROCESSED)
def run(locust_arguments: tuple[str, ...]) -> None:
    """Run Locust with the plugin: any of Locust's arguments, and those that begin with --push-."""
    import locust.main  # noqa: PLC0415  # imported first: it patches the standard library for gevent

    import locust_push  # noqa: PLC0415

    locust_push.register()
    sys.argv = ["locust", *locust_arguments]
    locust.main.main()
