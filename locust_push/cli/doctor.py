"""``locust-push doctor``: check whether pushing to a URL would work and, if not, why."""

from collections.abc import Sequence
from typing import Any

import click

from locust_push.cli.connection import Connection, connect, connection_options
from locust_push.cli.output import say, show_table
from locust_push.doctor.check import Finding, Level
from locust_push.doctor.installation import examine_installation


@click.command()
@click.argument("url", required=False)
@click.option(
    "--self",
    "installation",
    is_flag=True,
    help="Show what is installed instead: versions, hot path, protocols, extras. No server is asked.",
)
@connection_options()
def doctor(url: str | None, *, installation: bool, **connection: Any) -> None:
    """Check whether pushing to URL would work and, if not, why.

    Pushes a probe as a run would. The series locust_push_doctor_probe{job="locust-push-doctor"} stays in a remote-write
    store; on a Pushgateway the probe is deleted again.

    Exit codes: 0 pushing would work; 1 it would not; 2 wrong usage.
    """
    if installation:
        if url:
            raise click.UsageError("--self asks no server: omit the URL")
        _show(examine_installation())
        return
    if not url:
        raise click.UsageError("Missing argument 'URL'; or show what is installed: --self")
    place = connect([url], connection)
    with place.access() as access:
        found = place.destination.examine(access)
    _show(found)
    if any(check.level is Level.FAIL for check in found):
        raise click.ClickException(f"pushing to {place.target.url} would not work")
    say(_what_to_type(place))


def _show(found: Sequence[Finding]) -> None:
    show_table(("check", "", "found"), [(check.name, str(check.level), check.text) for check in found])
    for check in found:
        if check.remedy:
            say(f"{check.name}: {check.remedy}")


def _what_to_type(place: Connection) -> str:
    again = ", with the same --push-… options and LOCUST_PUSH_… variables"
    return f"Pushing would work. Type{again}:\n  locust-push run -f locustfile.py --push-url {place.target.url}"
