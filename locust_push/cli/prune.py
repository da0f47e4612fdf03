"""``locust-push prune``: delete the groups of old runs on a Pushgateway, which keeps them forever."""

import time
from collections.abc import Sequence
from typing import Any

import click

from locust_push.cli.connection import Connection, connect, connection_options
from locust_push.cli.output import say, show_table
from locust_push.cli.parameters import checked
from locust_push.config.values import duration
from locust_push.outputs.pushgateway.destination import PUSHGATEWAY
from locust_push.outputs.pushgateway.groups import GatewayError, Group, delete_group, expired, list_groups


@click.command()
@click.option(
    "--older-than",
    callback=checked(duration),
    default="1h",
    show_default=True,
    metavar="TIME",
    help="Age of the last push from which on a group is deleted.",
)
@click.option("--job", default="locust", show_default=True, help="Label job of the groups that may be deleted.")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@connection_options("The Pushgateway.")
def prune(older_than: float, job: str, *, dry_run: bool, push_url: Sequence[str], **connection: Any) -> None:
    """Delete the groups of old runs on a Pushgateway.

    Exit codes: 0 success; 1 the Pushgateway did not answer or did not delete; 2 wrong usage.
    """
    gateway = connect(push_url, connection)
    gateway.require(PUSHGATEWAY, "give the base URL of a Pushgateway, such as http://localhost:9091")
    try:
        with gateway.access() as access:
            transport, now = access.transport(), time.time()
            groups = expired(list_groups(transport, gateway.target.url), job, now - older_than)
            _show(groups, now)
            if not dry_run:
                for group in groups:
                    delete_group(transport, gateway.target.url, group)
    except GatewayError as error:
        raise click.ClickException(f"{gateway.target.url}: {error}; try: {_doctor(gateway)}") from None
    say(f"{'Would delete' if dry_run else 'Deleted'} {len(groups)} groups of job {job} at {gateway.target.url}.")


def _doctor(gateway: Connection) -> str:
    return f"locust-push doctor {gateway.target.url}"


def _show(groups: Sequence[Group], now: float) -> None:
    if groups:
        show_table(("last push", "group"), [_row(group, now) for group in groups])


def _row(group: Group, now: float) -> tuple[str, str]:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(group.labels.items()) if name != "job")
    return f"{(now - group.last_push) / 60:,.0f} min ago", labels
