"""``locust-push doctor``: find out whether pushing to a URL would work, and if not, why."""

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from locust_push.cli.connection import Connection, connect, connection_options
from locust_push.cli.output import say, show_table
from locust_push.config.targets import Protocol
from locust_push.doctor.check import Finding, Level, Patient
from locust_push.doctor.pushgateway import examine_pushgateway
from locust_push.doctor.remote_write import SERIES, examine_remote_write


@click.command()
@click.argument("url")
@connection_options()
def doctor(url: str, **connection: Any) -> None:
    """Find out whether pushing to URL would work, and if not, why.

    Pushes a probe as a run would. What stays behind in a remote-write store is the series
    locust_push_doctor_probe{job="locust-push-doctor"}; from a Pushgateway the probe is deleted again.

    Exit codes: 0 pushing would work; 1 it would not; 2 wrong usage.
    """
    place = connect([url], connection)
    found = _examine(place)
    show_table(("check", "", "found"), [(check.name, str(check.level), check.words) for check in found])
    for check in found:
        if check.mend:
            say(f"{check.name}: {check.mend}")
    if any(check.level is Level.FAIL for check in found):
        raise click.ClickException(f"pushing to {place.target.url} would not work")
    say(_what_to_type(place))


def _examine(place: Connection) -> list[Finding]:
    if place.target.protocol is Protocol.ARCHIVE:
        return [_folder(place.target.directory)]
    endpoint = place.settings.endpoint(place.target)
    with closing(place.transport()) as transport:
        patient = Patient(
            url=place.target.url,
            transport=transport,
            authenticates=bool(endpoint.username or endpoint.bearer_token or endpoint.headers),
            skip_verify=endpoint.tls.skip_verify,
            wall_clock=time.time,
        )
        if place.target.protocol is Protocol.PUSHGATEWAY:
            return examine_pushgateway(patient)
        return examine_remote_write(patient)


def _folder(directory: Path) -> Finding:
    """An archive needs a folder that can be written, or made."""
    nearest = next(folder for folder in (directory.resolve(), *directory.resolve().parents) if folder.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return Finding("archive", Level.OK, f"{nearest} can be written to")
    return Finding("archive", Level.FAIL, f"{nearest} cannot be written to", "name another folder: file:DIR")


def _what_to_type(place: Connection) -> str:
    kept = "" if place.target.protocol.kind is not Protocol.REMOTE_WRITE else f" ({SERIES[0][1]} stays in the store.)"
    again = ", with the --push-… options and LOCUST_PUSH_… variables of this examination"
    return f"Pushing would work.{kept} Type{again}:\n  locust-push run -f locustfile.py --push-url {place.target.url}"
